package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"outcry/projections/scylla"
)

func migrated(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(append([]string{"migrate", "--data", t.TempDir()}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// Who mistypes must be told what, before anything is made anywhere.
func TestAMigrationWithoutAGoodAddressSaysSo(t *testing.T) {
	var misuse *misuseError
	if _, err := migrated(t); !errors.As(err, &misuse) || !strings.Contains(err.Error(), "--scylla") {
		t.Errorf("without nodes: %v", err)
	}
	start := time.Now()
	if _, err := migrated(t, "--scylla", "127.0.0.1:1"); !errors.Is(err, scylla.ErrUnreachable) || time.Since(start) > 10*time.Second {
		t.Errorf("nobody there: %v after %v", err, time.Since(start))
	}
	if _, err := migrated(t, "--scylla", "127.0.0.1:1", "--scylla-replication", "2"); err == nil || !strings.Contains(err.Error(), "fewer than 3") {
		t.Errorf("two copies: %v", err)
	}
}

// An operator who may change the schema sees what will be done, does it, and a server finds it done.
func TestMigrateMakesWhatItsDryRunShows(t *testing.T) {
	_, node := realEngines.on(t, 1)
	args := []string{"--scylla", strings.Join(node.Addresses(), ","), "--keyspace", "migrated", "--scylla-replication", "1", "--accept-weak"}
	show := func(more ...string) (plan scylla.Plan) {
		t.Helper()
		out, err := migrated(t, append(append([]string{"--json"}, more...), args...)...)
		if err != nil {
			t.Fatal(err, out)
		}
		if err := json.Unmarshal([]byte(out), &plan); err != nil {
			t.Fatal(err, out)
		}
		return plan
	}
	if plan := show("--dry-run"); plan.From != 0 || plan.Keyspace != "migrated" || len(plan.Steps) < 10 || plan.StoreID != "" {
		t.Errorf("the dry run says %+v", plan)
	}
	if plan := show("--dry-run"); plan.From != 0 || plan.StoreID != "" {
		t.Errorf("the dry run has made something: %+v", plan)
	}
	out, err := migrated(t, args...)
	if err != nil || !strings.Contains(out, "table latest") {
		t.Errorf("migrating says %q, %v", out, err)
	}
	if plan := show(); plan.From != plan.To || len(plan.Steps) != 0 || plan.StoreID == "" {
		t.Errorf("afterwards it says %+v", plan)
	}
}
