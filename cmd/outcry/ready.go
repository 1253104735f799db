package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	coded "outcry/gateways/fault" // fault is what tests inject
	"outcry/gateways/rpc"
	outcryv1 "outcry/proto/outcry/v1"
)

// livePaths are the paths that answer with what the actors hold.
var livePaths = []string{"/outcry.v1.", "/v1/", "/udf/", "/ws"}

// whenReady refuses what asks the actors until they have reached the log's
// head. Before that they answer as of the past: a client that comes back with
// its cursor would be told that it saw what is not there.
func (a *app) whenReady(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, prefix := range livePaths {
			if strings.HasPrefix(r.URL.Path, prefix) && !a.isReady() {
				rpc.WriteError(w, r, coded.NewError(outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE, "catching up with the log"))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (a *app) isReady() bool {
	select {
	case <-a.host.Ready():
		return a.revocationsRead()
	default:
		return false
	}
}

// revocationsRead: before, somebody who was revoked would come in again.
func (a *app) revocationsRead() bool {
	if a.revoked == nil {
		return true
	}
	select {
	case <-a.revoked.read:
		return true
	default:
		return false
	}
}

// States of the stages in /readyz.
const (
	stateReady      = "ready"
	stateCatchingUp = "catching_up" // answers, and has a part of the past still to do
	stateAway       = "away"        // the store takes no rows
	stateFailed     = "failed"
	stateStopping   = "stopping" // clients are to go elsewhere
)

// readiness is the body of /readyz. State is that of the whole: ready, also
// while the store is away or catches up, since pushing does not wait for it.
type readiness struct {
	State string `json:"state"`
	Error string `json:"error,omitempty"`
	Log   struct {
		State string `json:"state"`
	} `json:"log"`
	Actors struct {
		State string `json:"state"`
	} `json:"actors"`
	Rows rowsReadiness `json:"rows"`
	// SignIn is absent where nobody signs in.
	SignIn *signInReadiness `json:"sign_in,omitempty"`
}

// rowsReadiness says how far the store is behind what was decided.
type rowsReadiness struct {
	State        string  `json:"state"`
	LagSeconds   float64 `json:"lag_seconds"`   // age of the oldest row that is not stored
	WaitingRows  int     `json:"waiting_rows"`  // in memory
	OwingShards  int     `json:"owing_shards"`  // whose rows are folded again for the store
	OwedRecords  int64   `json:"owed_records"`  // that they are folded from, as far as known
	WaitingBytes int     `json:"waiting_bytes"` // about
}

// awayAfter with the same rows the store is called away. Rows are written once a
// second, and one transaction of a slow disk takes some seconds.
const awayAfter = 8 * time.Second

func (a *app) rows() rowsReadiness {
	waiting, owed := a.writer.Backlog(), a.host.Owed(time.Now())
	r := rowsReadiness{State: stateReady, LagSeconds: max(waiting.Lag, owed.Lag).Seconds(), WaitingRows: waiting.Rows,
		WaitingBytes: waiting.Bytes, OwingShards: owed.Shards, OwedRecords: owed.Records}
	switch {
	case waiting.Refused || waiting.Writing > awayAfter:
		r.State = stateAway
	case owed.Shards > 0 || waiting.Lag > awayAfter:
		r.State = stateCatchingUp
	}
	return r
}

func (a *app) readiness() (r readiness) {
	r.State, r.Log.State, r.Actors.State, r.Rows = stateReady, stateReady, stateReady, a.rows()
	if !a.isReady() {
		r.State, r.Actors.State = stateCatchingUp, stateCatchingUp
	}
	r.SignIn = a.signInState()
	if a.stopping.Load() {
		r.State = stateStopping
	}
	if err := a.log.Err(); err != nil {
		r.State, r.Log.State, r.Error = stateFailed, stateFailed, err.Error()
	}
	return r
}

func (a *app) readyz(w http.ResponseWriter, _ *http.Request) {
	r := a.readiness()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if r.State != stateReady {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(r)
}
