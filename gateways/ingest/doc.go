// Package ingest takes inputs of feeds and files into the log: it stands
// before the log on the way of an event, behind the unary call Ingest and
// behind POST /v1/ingest.
//
// A request is answered when all of its inputs are durable and folded, so the
// answer counts what the actors decided. A bad input costs itself and is named by its
// line; an error of the whole request says nothing about durability, and
// sending it again with the same source, epoch and sequences changes nothing.
// At most Config.Requests are under way at once; more wait for their turn.
package ingest
