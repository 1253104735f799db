// Package exchangetest is an exchange on loopback for tests of feeds: it plays
// recorded messages of Binance's streams to whoever subscribed to them, with
// cuts, silences, repeats and garbage at given places, and answers the REST
// questions about symbols and past trades from the same recording.
//
// It plays as fast as the slowest subscriber reads, and waits while there is none.
// At the end it tells the newest message of each stream again every 100 ms.
package exchangetest
