package main

import (
	"fmt"
	"net/http"
	"strings"
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
				w.Header().Set("Retry-After", "1")
				http.Error(w, catchingUp, http.StatusServiceUnavailable)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

const catchingUp = "catching up with the log"

func (a *app) isReady() bool {
	select {
	case <-a.host.Ready():
		return true
	default:
		return false
	}
}

func (a *app) readyz(w http.ResponseWriter, _ *http.Request) {
	if !a.isReady() {
		http.Error(w, catchingUp, http.StatusServiceUnavailable)
		return
	}
	if err := a.log.Err(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}
