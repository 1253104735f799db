// Package path measures the way of an event from the generator to the
// WebSocket clients: the parts of `outcry bench path` that need no server.
// Spread counts latencies, Watch is a cheap client, ReadProfile tells a CPU
// profile's stages apart, MeasureBase folds from memory, Result is what is printed.
package path
