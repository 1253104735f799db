package host

import (
	"bytes"
	"log/slog"
	"testing"
)

// A banner of somebody else's library would be the first thing a new user reads.
func TestTheActorSystemIsQuietUntilItWarns(t *testing.T) {
	var out bytes.Buffer
	system := newSystem(slog.New(slog.NewTextHandler(&out, nil)))
	if out.Len() > 0 {
		t.Errorf("starting said %s", out.String())
	}
	system.Logger().With("a", 1).WithGroup("g").Warn("something is wrong")
	if !bytes.Contains(out.Bytes(), []byte("something is wrong")) {
		t.Error("a warning was not passed on")
	}
}
