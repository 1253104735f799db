package path

import (
	"testing"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// An update that tells that nothing came, counted as late, would be the worst latency of every run.
func TestOnlyUpdatesThatBringAnEventHaveALatency(t *testing.T) {
	latest := &outcryv1.Update_Quote{Quote: &outcryv1.Latest{Quote: &outcryv1.Quote{SourceSeq: 3, EventTimeNs: 70}, Trade: &outcryv1.Trade{SourceSeq: 4, EventTimeNs: 90}}}
	for _, c := range []struct {
		update *outcryv1.Update
		told   bool
	}{
		{&outcryv1.Update{Instrument: "A", Seq: 9, Version: latest}, false},
		{&outcryv1.Update{Instrument: "A", Seq: 9, Snapshot: true, Version: latest}, true},
		{&outcryv1.Update{Instrument: "A", Seq: 9, Stale: &outcryv1.Staleness{SinceNs: 5}, Version: latest}, true},
	} {
		p, err := proto.Marshal(c.update)
		if err != nil {
			t.Fatal(err)
		}
		if at, told := eventTime(p); at != 90 || told != c.told {
			t.Errorf("%v: time %d, waited for nothing: %v; want 90, %v", c.update, at, told, c.told)
		}
	}
}
