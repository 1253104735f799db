package signin

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"outcry/gateways/identity"
)

const (
	fetchWithin   = 5 * time.Second
	fetchBytes    = 1 << 20
	refetchAtMost = 10 * time.Second // between two fetches that tokens ask for
	retryFirst    = time.Second
	retryMost     = 30 * time.Second
)

// remote is a set of keys at a URL.
type remote struct {
	url           string
	refresh, keep time.Duration
	client        *http.Client
	logger        *slog.Logger

	mu      sync.Mutex
	keys    []key
	fetched time.Time // when the keys came; zero: never
	asked   time.Time // when a token last had them fetched
	err     error     // of the newest fetch
	flight  chan struct{}
}

func newRemote(c Config) *remote {
	return &remote{url: c.JWKS, refresh: c.KeysRefresh, keep: c.KeysKeep, logger: c.Logger,
		client: &http.Client{Transport: c.Transport, Timeout: fetchWithin, CheckRedirect: sameSafety}}
}

// sameSafety follows no redirect from https to anything else.
func sameSafety(r *http.Request, via []*http.Request) error {
	if len(via) >= 3 || via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
		return http.ErrUseLastResponse
	}
	return nil
}

// run fetches the keys at once and then every refresh; after a failure soon again.
func (r *remote) run(ctx context.Context) {
	retry := retryFirst
	for {
		wait := r.refresh
		if err := r.fetch(ctx); err != nil {
			wait = min(retry, r.refresh)
			retry = min(2*retry, retryMost)
		} else {
			retry = retryFirst
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// fetch reads the keys; callers meanwhile share it.
func (r *remote) fetch(ctx context.Context) error {
	r.mu.Lock()
	if r.flight != nil {
		flight := r.flight
		r.mu.Unlock()
		select {
		case <-flight:
		case <-ctx.Done():
			return ctx.Err()
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.err
	}
	flight := make(chan struct{})
	r.flight = flight
	r.mu.Unlock()
	// Not ctx: the first to ask may go while others wait.
	fetching, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchWithin)
	defer cancel()
	keys, err := r.read(fetching)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(err)
	if r.err = err; err == nil {
		r.keys, r.fetched = keys, time.Now()
	}
	r.flight = nil
	close(flight)
	return err
}

// tell logs a change of how the URL stands, not each fetch.
func (r *remote) tell(err error) {
	switch {
	case err != nil && r.err == nil:
		r.logger.Warn("the keys of tokens cannot be read; those that were read last hold on", "url", r.url, "keep", r.keep, "err", err)
	case err == nil && r.err != nil:
		r.logger.Info("the keys of tokens are read again", "url", r.url)
	}
}

func (r *remote) read(ctx context.Context) ([]key, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for keys: %w", err)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking for keys: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking for keys: the answer is %s", answer.Status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, fetchBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading keys: %w", err)
	case len(text) > fetchBytes:
		return nil, fmt.Errorf("reading keys: more than %d bytes", fetchBytes)
	}
	keys, err := parseJWKS(text)
	if err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	return keys, nil
}

// find gives the keys that are wanted. Where none is, they are fetched once
// more, unless that was done a moment ago.
func (r *remote) find(ctx context.Context, wanted func(*key) bool) ([]key, error) {
	found, err := r.known(wanted)
	if len(found) > 0 || !r.mayAsk() {
		return found, err
	}
	if err := r.fetch(ctx); err != nil && ctx.Err() != nil {
		return nil, identity.Unavailable("the keys of tokens are being read")
	}
	return r.known(wanted)
}

func (r *remote) mayAsk() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.Sub(r.asked) < refetchAtMost {
		return r.flight != nil // then it costs nothing more
	}
	r.asked = now
	return true
}

// known looks among the keys that were read, as long as they hold. A token whose
// key is not there may be good where the newest fetch failed.
func (r *remote) known(wanted func(*key) bool) (found []key, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fetched.IsZero() || time.Since(r.fetched) > r.keep {
		return nil, identity.Unavailable("the keys of tokens cannot be read now")
	}
	for i := range r.keys {
		if wanted(&r.keys[i]) {
			found = append(found, r.keys[i])
		}
	}
	if len(found) == 0 && r.err != nil {
		return nil, identity.Unavailable("the keys of tokens cannot be read now")
	}
	return found, nil
}

// KeysStatus says how the keys at a URL stand.
type KeysStatus struct {
	URL  string
	Keys int
	// Age of the keys; negative: never read.
	Age time.Duration
	// Err of the newest try; nil while it answers.
	Err error
	// Hold says whether tokens can be checked.
	Hold bool
}

func (r *remote) status() KeysStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := KeysStatus{URL: r.url, Keys: len(r.keys), Age: -1, Err: r.err}
	if !r.fetched.IsZero() {
		s.Age = time.Since(r.fetched)
		s.Hold = s.Age <= r.keep
	}
	return s
}
