// Package projections is the stage of the answers: actors emit rows, a Writer
// gathers them and a Store keeps them for people who ask, and for the next start.
//
// Order: what is handed to a Writer is stored in that order, so whoever finds
// a row in the store finds everything that was handed over before it. One
// handover is never divided between two transactions. Where rows are handed over is up to
// their owner: after trouble old ones come after new ones (package host says when).
//
// Ownership: rows belong to the writer from the moment they are handed over.
//
// Back-pressure: the writer's queue is bounded in rows and bytes. While the
// store is slow or down, rows wait and are tried again. When the queue is
// full Add waits, and Offer refuses: on the way of an event nothing waits for a
// store. What was taken is not dropped.
//
// Every write can be repeated: rows never overwrite newer ones, so a second
// fold of the same records changes nothing. Stores prove this with
// projectionstest.
package projections
