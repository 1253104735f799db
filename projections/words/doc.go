// Package words gives what stores write for people: the words of enums, and
// integers of 128 bits and lists as text. All stores write the same, so that a
// query or an export reads alike on each. Its functions keep nothing and may
// be called from many goroutines.
package words
