package warnonly_test

import (
	"bytes"
	"log/slog"
	"testing"

	"outcry/internal/warnonly"
)

// A banner of somebody else's library would be the first thing a new user reads.
func TestOnlyWarningsPass(t *testing.T) {
	var out bytes.Buffer
	l := warnonly.Logger(slog.New(slog.NewTextHandler(&out, nil))).With("a", 1).WithGroup("g")
	l.Info("started")
	if out.Len() > 0 {
		t.Errorf("it said %s", out.String())
	}
	l.Warn("something is wrong")
	if !bytes.Contains(out.Bytes(), []byte("something is wrong")) {
		t.Error("a warning was not passed on")
	}
}
