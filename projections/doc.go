// Package projections is the stage of the answers: actors emit rows, a Writer
// gathers them and a Store keeps them for people who ask, and for the next start.
//
// Order: what is handed to a Writer is stored in that order, so whoever finds
// a row in the store finds everything that was handed over before it. One
// handover is never divided between two transactions.
//
// Ownership: rows belong to the writer from the moment they are handed over.
//
// Back-pressure: the writer's queue is bounded in rows. While the store is
// slow or down, rows wait and are tried again, and when the queue is full Add
// waits. Nothing is dropped. Pushing to clients never waits for a store: it
// does not go this way.
//
// Every write can be repeated: rows never overwrite newer ones, so a second
// fold of the same records changes nothing. Stores prove this with
// projectionstest.
package projections
