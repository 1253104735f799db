package path

// Backlog is how many events had been due and were not folded.
type Backlog struct {
	Start, End, Most float64
	// PerSecond is its slope over the window; 0 is flat.
	PerSecond float64
	DrainMs   float64 // from the last event sent to the last folded
}

// Growth of memory over the window.
type Growth struct {
	Start, End, Most Memory
	// Percent that the straight line through all samples rises over the whole
	// window, and over its second half.
	HeapPercent, RSSPercent         float64
	HeapHalfPercent, RSSHalfPercent float64
}

// Sample of a run, since the window began.
type Sample struct {
	Seconds float64 `json:"s"`
	Offered float64 `json:"offered"` // events due by then
	Folded  float64 `json:"folded"`
	Memory  Memory  `json:"memory"`
}

// BacklogOf the samples.
func BacklogOf(samples []Sample) (b Backlog) {
	if len(samples) == 0 {
		return b
	}
	var times, values []float64
	for _, s := range samples {
		waiting := s.Offered - s.Folded
		b.Most = max(b.Most, waiting)
		times, values = append(times, s.Seconds), append(values, waiting)
	}
	b.Start, b.End = values[0], values[len(values)-1]
	b.PerSecond, _ = line(times, values)
	return b
}

// GrowthOf the samples.
func GrowthOf(samples []Sample) (g Growth) {
	if len(samples) == 0 {
		return g
	}
	g.Start, g.End = samples[0].Memory, samples[len(samples)-1].Memory
	for _, s := range samples {
		g.Most.Heap, g.Most.Go, g.Most.RSS = max(g.Most.Heap, s.Memory.Heap), max(g.Most.Go, s.Memory.Go), max(g.Most.RSS, s.Memory.RSS)
	}
	heap := func(m Memory) uint64 { return m.Heap }
	resident := func(m Memory) uint64 { return m.RSS }
	half := samples[len(samples)/2:]
	g.HeapPercent, g.RSSPercent = rise(samples, heap), rise(samples, resident)
	g.HeapHalfPercent, g.RSSHalfPercent = rise(half, heap), rise(half, resident)
	return g
}

// rise of the straight line over all samples, in percent of their mean.
func rise(samples []Sample, of func(Memory) uint64) float64 {
	var times, values []float64
	for _, s := range samples {
		times, values = append(times, s.Seconds), append(values, float64(of(s.Memory)))
	}
	slope, mean := line(times, values)
	if mean == 0 {
		return 0
	}
	return 100 * slope * (times[len(times)-1] - times[0]) / mean
}

// line gives the slope of the least squares line, and the mean.
func line(x, y []float64) (slope, mean float64) {
	n := float64(len(x))
	var sx, sy float64
	for i := range x {
		sx += x[i]
		sy += y[i]
	}
	var sxy, sxx float64
	for i := range x {
		sxy += (x[i] - sx/n) * (y[i] - sy/n)
		sxx += (x[i] - sx/n) * (x[i] - sx/n)
	}
	if sxx == 0 {
		return 0, sy / n
	}
	return sxy / sxx, sy / n
}
