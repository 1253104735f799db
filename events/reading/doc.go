// Package reading is what the readers of all logs have in common: between an
// engine (events/embedded, events/kafka), which finds records, and whoever
// subscribed, who acknowledges them.
//
// Order: records go out in the order in which the engine sends them. Acks are
// looked at in that order, too: a Nack ends the subscription when all records
// before it are acknowledged.
//
// Ownership: a Subscriber starts one goroutine a subscription, which is the
// engine's from begin to end; Close waits for all of them. An Out belongs to
// that goroutine.
//
// Back-pressure: at most 1,024 records or 4 MiB are under way and not
// acknowledged (one record always may be), then Send waits.
//
// To test with it: events/eventstest holds each engine to all of this.
package reading
