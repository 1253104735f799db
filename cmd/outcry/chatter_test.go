package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	outcryv1 "outcry/proto/outcry/v1"
	"outcry/proto/outcry/v1/outcryv1connect"
)

// chatter posts 0, 1, 2 … into a room, whatever becomes of the server: a post
// without an answer is sent again under its id.
type chatter struct {
	t      *testing.T
	client outcryv1connect.OutcryClient
	room   string
	stop   func()
	state  struct {
		sync.Mutex
		seqs    []uint64 // of the acknowledged posts
		resends int
		twice   int // resent although they were in: only the id kept them from coming twice
	}
}

func chat(t *testing.T, c outcryv1connect.OutcryClient, room string) *chatter {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	ch := &chatter{t: t, client: c, room: room, stop: func() { cancel(); running.Wait() }}
	ch.post(ctx, &outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}})
	running.Go(func() {
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		for n := 0; ctx.Err() == nil; n++ {
			text := &outcryv1.Text{Data: fmt.Append(nil, n)}
			if seq := ch.post(ctx, &outcryv1.Command{Command: &outcryv1.Command_Post{Post: &outcryv1.Post{Text: text}}}); seq > 0 {
				ch.state.Lock()
				ch.state.seqs = append(ch.state.seqs, seq)
				ch.state.Unlock()
			}
			<-ticker.C
		}
	})
	t.Cleanup(ch.stop)
	return ch
}

// post gives the seq of the answer, 0 when ctx ended before there was one.
func (ch *chatter) post(ctx context.Context, c *outcryv1.Command) uint64 {
	id := uuid.Must(uuid.NewV7())
	c.Room, c.ClientMsgId = ch.room, id[:]
	for ctx.Err() == nil {
		r, err := ch.client.Submit(ctx, &outcryv1.SubmitRequest{User: "ann", Command: c})
		e := r.GetAnswer().GetError()
		switch {
		case err == nil && e == nil:
			if r.Answer.Outcome == outcryv1.OutcomeKind_OUTCOME_KIND_DUPLICATE {
				ch.state.Lock()
				ch.state.twice++
				ch.state.Unlock()
			}
			return r.Answer.Seq
		case e != nil && e.Retry != outcryv1.Retry_RETRY_RESEND_SAME_ID && e.Retry != outcryv1.Retry_RETRY_AFTER:
			ch.t.Errorf("a post was refused: %v", e)
			return 0
		}
		ch.state.Lock()
		ch.state.resends++
		ch.state.Unlock()
		select { // the server is away
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
	return 0
}

func (ch *chatter) acknowledged() []uint64 {
	ch.state.Lock()
	defer ch.state.Unlock()
	return ch.state.seqs[:len(ch.state.seqs):len(ch.state.seqs)]
}

// check demands that each acknowledged post from the i-th on is in the room, once, at
// its seq, and that nothing else is there but at most the post that is under way.
func (ch *chatter) check(from int) {
	ch.t.Helper()
	seqs := ch.acknowledged()
	if from >= len(seqs) {
		return
	}
	want := map[string]uint64{}
	for i := from; i < len(seqs); i++ {
		want[fmt.Sprint(i)] = seqs[i]
	}
	for _, it := range messagesOf(ch.t, ch.client, ch.room, seqs[from]-1, seqs[len(seqs)-1]) {
		text := string(it.GetMessage().GetText().GetData())
		if want[text] != it.Seq {
			ch.t.Errorf("seq %d has post %q, which was acknowledged with seq %d", it.Seq, text, want[text])
		}
		delete(want, text)
	}
	if len(want) > 0 {
		ch.t.Errorf("%d acknowledged posts are not there: %v", len(want), want)
	}
}
