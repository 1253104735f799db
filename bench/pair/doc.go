// Package pair is what comes of measuring two servers under the same load, one
// after the other and again: what each side says of a run, the ratio of each pair,
// and the median, which is what stands against a target.
package pair
