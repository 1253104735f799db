package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"outcry/actors/room"
	"outcry/gateways/identity"
	"outcry/gateways/identity/signin"
	"outcry/gateways/reads"
	outcryv1 "outcry/proto/outcry/v1"
)

// revocations are the posts of the server's own room, each of which names a
// user: so they are in the log, survive every restart, and reach every node as
// any message does (docs/decisions/0016-revocations-are-messages.md).
type revocations struct {
	app  *app
	gate *signin.Gate
	// read is closed when all that were posted before the start hold.
	read chan struct{}

	mu      sync.Mutex
	seq     uint64 // everything up to it holds
	first   uint64 // of what was told when it was attached; before it the store knows
	changed chan struct{}
}

func newRevocations(a *app) *revocations {
	return &revocations{app: a, gate: a.signin, read: make(chan struct{}), changed: make(chan struct{})}
}

// AdmitRoom is of no interest: the room is the server's own.
func (r *revocations) AdmitRoom(*room.Audience) {}

// AttachRoom takes the newest ones.
func (r *revocations) AttachRoom(_ *outcryv1.Room, items []*outcryv1.Message, first uint64) {
	r.take(items, first)
}

// ChangeRoom takes one that was just posted, on whatever node.
func (r *revocations) ChangeRoom(f *room.Facts) { r.take(f.Items, 0) }

func (r *revocations) take(items []*outcryv1.Message, first uint64) {
	r.hold(items)
	r.mu.Lock()
	defer r.mu.Unlock()
	if first > 0 {
		r.first = first
	}
	if n := len(items); n > 0 {
		r.seq = max(r.seq, items[n-1].GetSeq())
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// hold puts revocations into force. Only the server itself posts them; an archive can't.
func (r *revocations) hold(items []*outcryv1.Message) {
	for _, m := range items {
		if m.GetKind() == outcryv1.MessageKind_MESSAGE_KIND_POST && m.GetUser() == identity.System && !m.GetImported() {
			r.gate.Revoke(string(m.GetText().GetData()), time.UnixMicro(m.GetClockUs()))
		}
	}
}

// follow takes all there are, and those to come, until ctx ends. The actors are ready.
func (r *revocations) follow(ctx context.Context) {
	stop := r.app.host.WatchRoom(identity.RevocationsRoom, r)
	defer stop()
	for warned := false; ; warned = true {
		err := r.readOlder(ctx)
		if err == nil {
			close(r.read)
			break
		}
		if !warned {
			r.app.config.logger.Warn("revoked users cannot be read; nobody signs in until they are", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
	<-ctx.Done()
}

// readOlder reads those that the actor does not keep any more.
func (r *revocations) readOlder(ctx context.Context) error {
	before, err := r.attached(ctx)
	for err == nil && before > 1 {
		var page *outcryv1.MessagesResponse
		page, err = r.app.reads.Messages(ctx, &outcryv1.MessagesRequest{Room: identity.RevocationsRoom, BeforeSeq: before, Limit: 100})
		if errors.Is(err, reads.ErrUnknownRoom) {
			return nil
		}
		if err == nil && len(page.Messages) == 0 {
			err = fmt.Errorf("the rows before %d are missing", before)
		}
		if err == nil {
			r.hold(page.Messages)
			before = page.Messages[0].GetSeq()
		}
	}
	return err
}

// attached waits until the room was told, and gives the first seq of what was told.
func (r *revocations) attached(ctx context.Context) (first uint64, err error) {
	err = r.await(ctx, func() bool { return r.first > 0 })
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first, err
}

// await waits until something is so; it is asked with the lock held.
func (r *revocations) await(ctx context.Context, is func() bool) error {
	for {
		r.mu.Lock()
		done, changed := is(), r.changed
		r.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the room %s: %w", identity.RevocationsRoom, ctx.Err())
		}
	}
}

// Revoke is rpc.Revocations'.
func (r *revocations) Revoke(ctx context.Context, user string) (until time.Time, err error) {
	if _, err := r.submit(ctx, &outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}}); err != nil {
		return until, err
	}
	seq, err := r.submit(ctx, &outcryv1.Command{Command: &outcryv1.Command_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte(user)}}}})
	if err == nil {
		err = r.await(ctx, func() bool { return r.seq >= seq })
	}
	if err != nil {
		return until, err
	}
	r.app.config.logger.Info("a user was revoked", "user", user, "by", identity.From(ctx).User)
	return r.gate.RevokedUntil(user), nil
}

// submit asks the room for a change in the server's own name.
func (r *revocations) submit(ctx context.Context, c *outcryv1.Command) (seq uint64, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return 0, fmt.Errorf("making an id: %w", err)
	}
	c.Room, c.ClientMsgId = identity.RevocationsRoom, id[:]
	a, err := r.app.commands.SubmitWait(ctx, identity.System, false, c)
	if err != nil {
		return 0, err
	}
	if e := a.GetError(); e != nil {
		return 0, &identity.Refusal{Code: e.GetCode(), Text: e.GetText()}
	}
	return a.GetSeq(), nil
}
