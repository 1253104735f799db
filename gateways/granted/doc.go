// Package granted answers reads as far as who asks may see: it stands before
// gateways/reads, behind unary calls, charts and sessions alike. Who asks comes by
// the context (identity.From); nobody sees nothing.
//
// An entity that is asked for by name and may not be seen is refused as FORBIDDEN;
// lists leave it out, and go on until a page is full. A room that is private, or
// that somebody was banned from, is looked at once more after it was read: what
// somebody reads was theirs to see when it was read, whatever happened meanwhile.
//
// It keeps nothing and is safe for many goroutines.
package granted
