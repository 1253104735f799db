// Package talk makes people of a synthetic chat, so that `outcry demo` has
// rooms to show. It stands where clients stand, before the gateways. Pure:
// the same seed gives the same talk.
package talk
