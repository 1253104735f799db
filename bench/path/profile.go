package path

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of pprof's profile.proto.
const (
	profileSample   = 2
	profileLocation = 4
	profileFunction = 5
	profileString   = 6
	sampleLocation  = 1
	sampleValue     = 2
	locationID      = 1
	locationLine    = 4
	lineFunction    = 1
	functionID      = 1
	functionName    = 2
)

// profile is what is needed of a CPU profile.
type profile struct {
	strings   []string
	functions map[uint64]uint64   // id → name's number
	locations map[uint64][]uint64 // id → functions, the innermost first
	samples   []sample
}

type sample struct {
	locations []uint64 // leaf first
	nanos     int64
}

// ReadProfile gives the CPU time of each stage in a CPU profile of
// runtime/pprof. stageOf names the stage of a function, or "" where that is for
// its caller to say: so a sample belongs to the innermost function that has a
// stage. What has none belongs to rest: the scheduler, the garbage collector.
func ReadProfile(data []byte, stageOf func(function string) string, rest string) (map[string]int64, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading a profile: %w", err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("reading a profile: %w", err)
	}
	p := profile{functions: map[uint64]uint64{}, locations: map[uint64][]uint64{}}
	if err := p.parse(raw); err != nil {
		return nil, fmt.Errorf("reading a profile: %w", err)
	}
	stages := map[uint64]string{} // by function
	for id, name := range p.functions {
		if name < uint64(len(p.strings)) {
			stages[id] = stageOf(p.strings[name])
		}
	}
	all := map[string]int64{}
	for _, s := range p.samples {
		all[p.stage(&s, stages, rest)] += s.nanos
	}
	return all, nil
}

func (p *profile) stage(s *sample, stages map[uint64]string, rest string) string {
	for _, l := range s.locations {
		for _, f := range p.locations[l] {
			if stage := stages[f]; stage != "" {
				return stage
			}
		}
	}
	return rest
}

func (p *profile) parse(raw []byte) error {
	return EachField(raw, func(n protowire.Number, value []byte) error {
		switch n {
		case profileString:
			p.strings = append(p.strings, string(value))
		case profileFunction:
			f := numbers(value)
			p.functions[first(f[functionID])] = first(f[functionName])
		case profileLocation:
			return p.location(value)
		case profileSample:
			f := numbers(value)
			if values := f[sampleValue]; len(values) > 1 { // count, then nanoseconds
				p.samples = append(p.samples, sample{f[sampleLocation], int64(values[1])})
			}
		}
		return nil
	})
}

func (p *profile) location(value []byte) error {
	id := first(numbers(value)[locationID])
	return EachField(value, func(n protowire.Number, line []byte) error {
		if n == locationLine {
			p.locations[id] = append(p.locations[id], first(numbers(line)[lineFunction]))
		}
		return nil
	})
}

func first(all []uint64) uint64 {
	if len(all) == 0 {
		return 0
	}
	return all[0]
}

// numbers gives a message's numbers by field, packed or not. Other messages
// inside look like packed numbers; nobody asks for those.
func numbers(b []byte) map[protowire.Number][]uint64 {
	all := map[protowire.Number][]uint64{}
	for len(b) > 0 {
		n, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			return all
		}
		b = b[size:]
		if typ == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(b)
			all[n] = append(all[n], v)
		} else if packed, m := protowire.ConsumeBytes(b); typ == protowire.BytesType && m >= 0 {
			for len(packed) > 0 {
				v, m := protowire.ConsumeVarint(packed)
				if m < 0 {
					break
				}
				all[n] = append(all[n], v)
				packed = packed[m:]
			}
		}
		if size = protowire.ConsumeFieldValue(n, typ, b); size < 0 {
			return all
		}
		b = b[size:]
	}
	return all
}
