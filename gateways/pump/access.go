package pump

import (
	"context"
	"time"

	"outcry/gateways/identity"
	"outcry/gateways/limit"
	outcryv1 "outcry/proto/outcry/v1"
)

// signInsPerSecond of a connection, and limit.BurstSeconds' worth of them at once: each costs a
// signature that is checked, up to a hundred times as much as another frame.
const signInsPerSecond = 1

// signInWithin bounds how long keys may be fetched for a token.
const signInWithin = 10 * time.Second

// Bearer is the token of the transport's own head (Authorization), for a hello
// that brings none. Call it before the first Receive.
func (c *Client) Bearer(token string) { c.bearer = token }

// signIn reads the token of a frame that brings one, in the goroutine of the
// transport that reads the connection: nobody else waits.
func (c *Client) signIn(f *outcryv1.ClientFrame) (*identity.Identity, error) {
	var token string
	switch f := f.GetFrame().(type) {
	case *outcryv1.ClientFrame_Hello:
		if c.greeted { // it is refused whatever it brings
			return nil, nil
		}
		c.greeted = true
		if token = f.Hello.GetToken(); token == "" {
			token = c.bearer
		}
		c.bearer = "" // it may be long
	case *outcryv1.ClientFrame_SignIn:
		if wait := c.spend(time.Now()); wait > 0 {
			return nil, identity.TooFast(wait)
		}
		token = f.SignIn.GetToken()
	default:
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), signInWithin)
	defer cancel()
	return c.pump.all.config.Sessions.SignIn(ctx, token)
}

// spend takes one sign-in of what the connection may.
func (c *Client) spend(now time.Time) (wait time.Duration) {
	if c.signIns == (limit.Bucket{}) { // most clients never sign in again
		c.signIns = limit.NewBucket(signInsPerSecond)
	}
	return c.signIns.Take(now, 1)
}

// Recheck has every session look whether its client still may what it does:
// somebody was revoked, or lost a grant. It does not wait, and may be called from anywhere.
func (p *Pumps) Recheck() {
	for _, one := range p.pumps {
		one.post(nil, func() {
			now := time.Now()
			for c := range one.clients {
				one.guard(c, now, func(c *Client, now time.Time) { c.session.Recheck(now) })
			}
		})
	}
}
