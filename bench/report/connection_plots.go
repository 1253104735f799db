package main

import "outcry/bench/pair"

// plots are both sides' medians, a group of bars a setting.
func (all *connection) plots() map[string]string {
	made := map[string]string{}
	for _, plot := range []struct {
		file, title, unit string
		of                func(*pair.Side) float64
	}{
		{"cpu.svg", "CPU time of a delivered update", "µs", func(s *pair.Side) float64 {
			if s.Delivered == 0 {
				return 0
			}
			return s.Micros()
		}},
		{"memory.svg", "Go memory of an idle connection", "KB", func(s *pair.Side) float64 { return s.KBOfGo }},
	} {
		if svg := groups(all.Pairs, plot.title, plot.unit, plot.of); svg != "" {
			made[plot.file] = svg
		}
	}
	return made
}

func groups(pairs []*pair.Pairs, title, unit string, of func(*pair.Side) float64) string {
	var names []string
	var heights [][2]float64
	most := 0.0
	for _, p := range pairs {
		h := [2]float64{pair.MedianOf(p.Ours, of), pair.MedianOf(p.Theirs, of)}
		if h[0] > 0 {
			names, heights, most = append(names, p.Name), append(heights, h), max(most, h[0], h[1])
		}
	}
	if len(names) == 0 {
		return ""
	}
	c := newCanvas(title, "", unit, float64(len(names)), most)
	for i, h := range heights {
		c.xTick(float64(i)+0.5, names[i])
		for side := range h {
			c.bar(side, float64(i)+0.35+0.3*float64(side), 0.28, 0, h[side])
		}
	}
	c.key(0, "Outcry")
	c.key(1, "centrifuge")
	return c.done()
}
