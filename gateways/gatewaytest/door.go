package gatewaytest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"outcry/gateways/identity"
)

// door is a gate whose tokens a test hands out. Without a token everybody is let
// in, may everything and names himself.
type door struct {
	changed func()
	epoch   atomic.Uint64
	asked   atomic.Int64 // how often a token was looked at
	mu      sync.Mutex
	holders map[string]*identity.Identity // by token
}

func newDoor() *door { return &door{changed: func() {}, holders: map[string]*identity.Identity{}} }

// give makes a token, or changes what it grants.
func (d *door) give(token, user string, grants map[string][]string, expires time.Time) {
	parsed, err := identity.ParseGrants(grants)
	if err != nil {
		panic("gatewaytest: " + err.Error())
	}
	d.set(token, &identity.Identity{User: user, Grants: parsed, Expires: expires, Key: token})
}

// takeBack voids a token.
func (d *door) takeBack(token string) { d.set(token, nil) }

func (d *door) set(token string, holder *identity.Identity) {
	d.mu.Lock()
	if holder == nil {
		delete(d.holders, token)
	} else {
		d.holders[token] = holder
	}
	d.mu.Unlock()
	d.epoch.Add(1)
	d.changed()
}

// SignIn is identity.Gate's.
func (d *door) SignIn(ctx context.Context, token string) (*identity.Identity, error) {
	d.asked.Add(1)
	if token == "" {
		return identity.Open{}.SignIn(ctx, token)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if holder := d.holders[token]; holder != nil && holder.At(time.Now()) {
		return holder, nil
	}
	return nil, identity.Unauthenticated("the token is not known here")
}

// Epoch is identity.Gate's.
func (d *door) Epoch() uint64 { return d.epoch.Load() }

// Current is identity.Gate's.
func (d *door) Current(i *identity.Identity, now time.Time) (*identity.Identity, error) {
	if i.Key == "" {
		return i, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	holder := d.holders[i.Key]
	if holder == nil || !i.At(now) {
		return nil, identity.Unauthenticated("the token does not hold any more")
	}
	return holder, nil
}
