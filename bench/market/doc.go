// Package market makes a synthetic market: prices whose volatility comes in
// clusters, spreads that widen with it, trades that excite more trades.
// `outcry demo` shows it and `outcry bench` loads the log with it. It stands
// where a feed stands, before the log. Pure: the same seed and times give the same ticks.
package market
