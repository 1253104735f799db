// Package stall is what `outcry bench tunnel` and `outcry bench storm` find out
// about clients that stood still or were cut off: what they say, and what is to be
// concluded from it. Pure but for the clock that its callers read.
package stall
