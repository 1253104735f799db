package path

import "strings"

// Stages in the order of an event's way. Rest is what no stage asked for by
// name: scheduling, garbage collection, timers, network polling.
var Stages = []string{"generator", "publisher", "encode", "log", "host", "decode", "fold", "rows", "edge", Rest}

// Rest holds what belongs to no stage.
const Rest = "runtime"

// stagePrefixes; the first that fits decides. Allocations, system calls and
// libraries count for the stage that calls them.
var stagePrefixes = []struct{ prefix, stage string }{
	{"outcry/bench/", "generator"},
	{"main.", "generator"},
	{"outcry/cmd/outcry.", "generator"},
	{"outcry/events.(*Decoder)", "decode"},
	{"outcry/events.(*groupReader)", "decode"},
	{"outcry/events.(*columns)", "decode"},
	{"outcry/events.(*field)", "decode"},
	{"outcry/events.uvarint", "decode"},
	{"outcry/events.appendUvarints", "decode"},
	{"outcry/events.(*encoder)", "encode"},
	{"outcry/events.(*Window)", "fold"},
	{"outcry/events.(*committer).encode", "encode"},
	{"outcry/events.(*draft).append", "encode"},
	{"outcry/events.(*draft).instrument", "encode"},
	{"outcry/events/embedded", "log"},
	{"outcry/events/kafka", "log"},
	{"github.com/twmb/franz-go", "log"},
	{"github.com/IBM/sarama", "log"},
	{"github.com/ThreeDotsLabs/watermill-kafka", "log"},
	{"outcry/events.", "publisher"},
	{"outcry/actors/instrument.", "fold"},
	{"outcry/actors/room.", "fold"},
	{"outcry/actors/host.", "host"},
	{"outcry/projections", "rows"},
	{"modernc.org/", "rows"},
	{"github.com/gocql/gocql", "rows"},
	{"github.com/scylladb/", "rows"},
	{"outcry/gateways/", "edge"},
}

// StageOf names the stage of a function of this program, "" where its caller says it.
func StageOf(function string) string {
	for _, p := range stagePrefixes {
		if strings.HasPrefix(function, p.prefix) {
			return p.stage
		}
	}
	return ""
}
