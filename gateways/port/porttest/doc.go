// Package porttest is a wire that can be cut without a word: two network
// namespaces of their own, joined by a pair of virtual interfaces. A server listens
// in one and clients dial from the other; when it is cut, every packet is lost, as
// when a machine loses its power. It needs Linux and root; without, tests are skipped.
package porttest
