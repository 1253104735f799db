package identity

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// revokedMost users are remembered. Beyond them the half that was revoked
// first is forgotten by name: whatever was issued before the last of these is void then.
const revokedMost = 100_000

// Revocations are the users whose older tokens are void. The zero value is
// empty. Safe for many goroutines.
type Revocations struct {
	mu     sync.RWMutex
	before map[string]time.Time
	floor  time.Time // everything issued until then is void
}

// Add voids what was issued to a user until a time.
func (r *Revocations) Add(user string, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.before == nil {
		r.before = map[string]time.Time{}
	}
	if until.After(r.before[user]) {
		r.before[user] = until
	}
	if len(r.before) > revokedMost {
		r.forget()
	}
}

// Until is the time up to which what was issued to a user is void; zero: none is.
func (r *Revocations) Until(user string) time.Time {
	r.mu.RLock()
	defer r.mu.RUnlock()
	until := r.before[user]
	if r.floor.After(until) {
		return r.floor
	}
	return until
}

func (r *Revocations) forget() {
	times := slices.SortedFunc(maps.Values(r.before), time.Time.Compare)
	r.floor = times[len(times)/2]
	maps.DeleteFunc(r.before, func(_ string, until time.Time) bool { return !until.After(r.floor) })
}

// Void says whether what was issued to a user at a time holds no longer. What
// does not say when it was issued is void once its user was ever revoked.
func (r *Revocations) Void(user string, issued time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	until, ok := r.before[user]
	return ok && !issued.After(until) || !r.floor.IsZero() && !issued.After(r.floor)
}
