package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"outcry/bench/path"
)

// Without it the published figures could no longer be measured again, or would be of something else.
func TestBenchPathMeasuresTheWholeWay(t *testing.T) {
	cmd := exec.Command(binary, "bench", "path", "--rate", "5000", "--duration", "2s", "--warm-up", "500ms", "--instruments", "200",
		"--sessions", "3", "--subscriptions", "50", "--partitions", "4", "--base-events", "50000", "--json")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var r path.Result
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	f := r.Flow
	if f.Offered < 9000 || f.Folded < 5000 || f.Durable < 5000 || f.Accepted != f.Sent || f.Duplicates+f.Late > 0 {
		t.Errorf("the floor did not fold what was sent: %+v", f)
	}
	if f.Delivered == 0 || f.Rows == 0 || f.LogSyncs == 0 || r.Latency.N == 0 || r.Latency.P50 <= 0 {
		t.Errorf("a stage did nothing: %+v %+v", f, r.Latency)
	}
	shares := 0.0
	for _, s := range r.CPU.Stages {
		shares += s.Share
	}
	if r.CPU.NsPerEvent <= 0 || r.Base.NsPerEvent <= 0 || len(r.Samples) < 2 || shares != 0 && (shares < 0.99 || shares > 1.01) {
		t.Errorf("CPU %+v, base %+v, %d samples", r.CPU, r.Base, len(r.Samples))
	}
}
