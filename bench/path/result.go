package path

import "time"

// Settings of a run.
type Settings struct {
	Rate          float64 `json:"rate"` // events a second; 0: closed loop
	Seconds       float64 `json:"seconds"`
	WarmUp        float64 `json:"warm_up_seconds"`
	Instruments   int     `json:"instruments"`
	Sessions      int     `json:"sessions"`
	Subscriptions int     `json:"subscriptions"`
	IntervalMs    float64 `json:"interval_ms"` // 0: at once
	Watch         string  `json:"watch"`
	Events        string  `json:"events"`
	Log           string  `json:"log,omitempty"`   // where it is, when it is not embedded
	Store         string  `json:"store,omitempty"` // where rows are, when not in SQLite
	Rows          bool    `json:"rows"`
	SecondBars    bool    `json:"bars_1s"` // they have rows, too
	Partitions    int     `json:"partitions"`
	Seed          uint64  `json:"seed"`
	History       bool    `json:"history"` // every instrument's bars were full before
}

// Machine that ran it.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Go    string `json:"go"`
	// Load averages of a minute, before and after: above what the run itself
	// makes, others were at work.
	LoadBefore, LoadAfter string
}

// Flow counts events of the measured window, unless it says otherwise.
type Flow struct {
	Offered, Durable, Folded, Delivered uint64
	// All that was sent since the start, and what the folds say of it.
	Sent, Accepted, Duplicates, Late uint64
	Rows                             uint64 // written
	// RowsOf sorts, a second. RowsWaiting for the store, when the window began and ended.
	RowsOf      map[string]float64
	RowsWaiting [2]int
	// Debts: times that rows were dropped, since the store was behind.
	Debts                          uint64
	LogBytes, LogRecords, LogSyncs uint64
	SyncMs                         float64 // mean
	Messages, Bytes                uint64  // to clients
}

// Latency from the intended time of an event to the client that read it, ms.
type Latency struct {
	P50, P99, P999, Most float64
	N                    uint64
}

// Stage is one stage's share of the CPU time.
type Stage struct {
	Name       string  `json:"name"`
	Share      float64 `json:"share"`
	NsPerEvent float64 `json:"ns_per_event"`
}

// CPU of the server; the clients are another process.
type CPU struct {
	Cores       float64 `json:"cores"`
	NsPerEvent  float64 `json:"ns_per_event"`
	Stages      []Stage `json:"stages"`
	ClientCores float64 `json:"client_cores"`
	Others      []Other `json:"others,omitempty"`
}

// Other is a process beside: a broker, a node of the store.
type Other struct {
	Name  string  `json:"name"`
	Cores float64 `json:"cores"`
}

// Result of a run.
type Result struct {
	When     time.Time `json:"when"`
	Version  string    `json:"version"`
	Command  string    `json:"command"`
	Settings Settings  `json:"settings"`
	Machine  Machine   `json:"machine"`
	Seconds  float64   `json:"seconds"` // as measured
	Flow     Flow      `json:"flow"`
	Backlog  Backlog   `json:"backlog"`
	Latency  Latency   `json:"latency"`
	CPU      CPU       `json:"cpu"`
	Memory   Growth    `json:"memory"`
	Base     Base      `json:"base"`
	// Ratio is CPU per event divided by the base.
	Ratio   float64  `json:"ratio"`
	Samples []Sample `json:"samples"`
}

// LatencyOf a spread.
func LatencyOf(s *Spread) Latency {
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	return Latency{P50: ms(s.Quantile(0.5)), P99: ms(s.Quantile(0.99)), P999: ms(s.Quantile(0.999)), Most: ms(s.Most), N: s.N}
}

// StagesOf orders a profile's stages and shares out the CPU time that the system counted.
func StagesOf(profiled map[string]int64, nsPerEvent float64) []Stage {
	var sum int64
	for _, n := range profiled {
		sum += n
	}
	var all []Stage
	for _, name := range Stages {
		share := 0.0
		if sum > 0 {
			share = float64(profiled[name]) / float64(sum)
		}
		all = append(all, Stage{name, share, share * nsPerEvent})
	}
	return all
}
