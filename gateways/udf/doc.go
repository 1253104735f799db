// Package udf answers TradingView's charts by its HTTP protocol UDF: config,
// symbols, search, history and time. It stands at the edge, beside the way of
// an event, and asks reads. Floats appear only here, because the protocol
// demands JSON numbers: each is the float nearest to the exact decimal.
package udf
