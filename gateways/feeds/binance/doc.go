// Package binance follows the exchange's public streams and takes their quotes
// and trades into the log: it stands where feeds come in, before gateways/ingest.
//
// A Feed has a few connections (a line each), every stream on one of them. A
// line is one goroutine: it reads a message, drops what was passed on before,
// fetches trades that are missing before it by REST, and puts it into the
// feed's queue. One sender takes what has gathered, sends it as one request and
// waits for the answer: durable and folded. So the order of a stream is kept,
// and there is one request under way.
//
// Identity: source Config.source, epoch Config.Epoch, and as sequence the
// exchange's own id of the trade or of the book's update. It depends on nothing
// of this process, so a restart, two feeds at once or a request sent again
// change nothing. Trade ids have no holes: after the newest trade that the
// server has, everything is fetched before anything newer is passed on, because
// the fold can't tell sequences far below the newest from late ones.
//
// When the queue is full the lines wait, so the sockets are not read, and the
// exchange waits or hangs up; nothing is dropped or conflated. Memory: the queue
// (Config.Queue inputs), 64 messages a connection, one page of past trades a line.
//
// Everything lost is tried again without end, after a random wait that doubles
// up to 30 s. A connection is replaced before the exchange's 24 hours end: the new one is
// open and has begun before the old one is given up.
//
// To test with it: package exchangetest is an exchange on loopback.
package binance
