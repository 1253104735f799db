package signin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

const unavailable = outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE

// provider is an identity provider's URL of keys.
type provider struct {
	mu     sync.Mutex
	answer []byte // nil: it is down
	asked  int
}

func (p *provider) set(answer []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *provider) RoundTrip(*http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.answer == nil {
		return nil, errors.New("nobody is there")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(p.answer))}, nil
}

// follow runs a gate over the provider in a bubble of time.
func follow(t *testing.T, p *provider, test func(t *testing.T, g *Gate)) {
	pairs() // outside: it takes real time
	synctest.Test(t, func(t *testing.T) {
		g := gate(t, Config{JWKS: "https://id.example/keys", Transport: p})
		ended := make(chan error)
		ctx, stop := context.WithCancel(t.Context())
		go func() { ended <- g.Run(ctx) }()
		synctest.Wait()
		test(t, g)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// of a key, signed in the bubble's time.
func token(t *testing.T, name string) string {
	t.Helper()
	c := claims()
	c.KeyID, c.Life = name, 48*time.Hour
	return mint(t, pairs()[name].private, c)
}

// Breaks for users: a server that started before its identity provider lets nobody in for ever.
func TestKeysThatComeLater(t *testing.T) {
	p := &provider{}
	follow(t, p, func(t *testing.T, g *Gate) {
		refusedWith(t, g, token(t, "RS256"), unavailable)
		if s := g.Status().Keys; s.Hold || s.Err == nil || s.Age >= 0 {
			t.Errorf("status %+v", s)
		}
		p.set(jwks(t, "RS256"))
		time.Sleep(retryMost)
		admitted(t, g, token(t, "RS256"))
		if s := g.Status().Keys; !s.Hold || s.Err != nil || s.Keys != 1 {
			t.Errorf("status %+v", s)
		}
	})
}

// Breaks for users: after the provider changed its keys everybody is locked out until the next reading.
func TestRotatedKeysAreReadWhenFirstMet(t *testing.T) {
	p := &provider{}
	p.set(jwks(t, "RS256"))
	follow(t, p, func(t *testing.T, g *Gate) {
		admitted(t, g, token(t, "RS256"))
		before := p.count()
		p.set(jwks(t, "ES256"))
		admitted(t, g, token(t, "ES256"))
		refusedWith(t, g, token(t, "RS256"), unauthenticated)
		if n := p.count() - before; n != 1 {
			t.Errorf("%d readings", n)
		}
	})
}

// Breaks for users: somebody with made-up key ids has our server flood the identity provider.
func TestUnknownKeysAskSeldom(t *testing.T) {
	p := &provider{}
	p.set(jwks(t, "RS256"))
	follow(t, p, func(t *testing.T, g *Gate) {
		before := p.count()
		for range 100 {
			refusedWith(t, g, token(t, "EdDSA"), unauthenticated)
		}
		if n := p.count() - before; n != 1 {
			t.Errorf("%d readings", n)
		}
		time.Sleep(refetchAtMost)
		refusedWith(t, g, token(t, "EdDSA"), unauthenticated)
		if n := p.count() - before; n != 2 {
			t.Errorf("%d readings after ten seconds", n)
		}
		admitted(t, g, token(t, "RS256"))
	})
}

// Breaks for users: a short trouble of the provider locks everybody out, or a long one lets withdrawn keys hold for ever.
func TestLastGoodKeysHoldForAWhile(t *testing.T) {
	p := &provider{}
	p.set(jwks(t, "RS256"))
	follow(t, p, func(t *testing.T, g *Gate) {
		p.set(nil)
		time.Sleep(50 * time.Minute)
		admitted(t, g, token(t, "RS256"))
		if s := g.Status().Keys; !s.Hold || s.Err == nil {
			t.Errorf("status %+v", s)
		}
		refusedWith(t, g, token(t, "ES256"), unavailable) // it may be a new key
		time.Sleep(15 * time.Minute)
		refusedWith(t, g, token(t, "RS256"), unavailable)
		if s := g.Status().Keys; s.Hold {
			t.Errorf("status %+v", s)
		}
		p.set(jwks(t, "RS256"))
		time.Sleep(retryMost)
		admitted(t, g, token(t, "RS256"))
	})
}

// Breaks for users: an error page in place of keys locks everybody out.
func TestWhatIsNoKeySetChangesNothing(t *testing.T) {
	p := &provider{}
	p.set(jwks(t, "RS256"))
	follow(t, p, func(t *testing.T, g *Gate) {
		for _, answer := range [][]byte{[]byte("<html>"), []byte(`{"keys":[]}`), bytes.Repeat([]byte("a"), fetchBytes+1)} {
			p.set(answer)
			time.Sleep(6 * time.Minute)
			admitted(t, g, token(t, "RS256"))
			if s := g.Status().Keys; s.Err == nil {
				t.Errorf("%.20q was taken", answer)
			}
		}
	})
}
