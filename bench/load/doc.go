// Package load makes the ticks that `outcry bench` drives the floor with:
// many instruments of which few are busy (Zipf, s = 1), 90 % quotes and 10 %
// trades. Made for speed, not for looks: package market is for people. Pure:
// the same seed gives the same ticks.
package load
