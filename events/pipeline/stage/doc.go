// Package stage holds what a pipeline is composed of: small pure steps, each
// of which changes one row (the named fields of one message) or says what is
// wrong with it. It is the normalising, filtering and enriching before the log
// on the way of an event.
//
// A Spec is a step as outcry.yaml declares it; Build makes a Stage of it. A
// Stage keeps nothing from row to row, so many goroutines may use it at once.
// An error that is a Dropped means that the row is left out on purpose; any
// other error is what makes its message poison: the same row gives it again.
//
// Numbers are decimal text and stay exact: nothing here is a float. Tables are
// read once, when a stage is built.
//
// To test a stage: Build it and Apply it to a Row literal.
package stage
