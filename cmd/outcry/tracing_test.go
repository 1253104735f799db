package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"outcry/bench/path"
	"outcry/bench/socket"
	outcryv1 "outcry/proto/outcry/v1"
)

// spanNames sorted; each has to belong to the root's trace and be its child.
func spanNames(t *testing.T, spans tracetest.SpanStubs) (names []string) {
	t.Helper()
	root := slices.IndexFunc(spans, func(s tracetest.SpanStub) bool { return s.Name == "command" })
	for _, s := range spans {
		names = append(names, s.Name)
		if root < 0 {
			continue
		}
		of := spans[root].SpanContext
		if s.SpanContext.TraceID() != of.TraceID() || s.Name != "command" && s.Parent.SpanID() != of.SpanID() {
			t.Errorf("%s does not belong to the post", s.Name)
		}
		if s.EndTime.Before(s.StartTime) || s.StartTime.Before(spans[root].StartTime) {
			t.Errorf("%s is from %v to %v, the post from %v", s.Name, s.StartTime, s.EndTime, spans[root].StartTime)
		}
	}
	slices.Sort(names)
	return names
}

// Breaks for users: "my message came late" could not be answered: the trace
// would have a hole, or would mix two posts.
func TestOnePostGivesAConnectedTrace(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	withApp(t, func(c *config) { c.spans = exporter }, func(ctx context.Context, a *app, address string) {
		command := func(c *outcryv1.Command) uint64 {
			t.Helper()
			id := uuid.Must(uuid.NewV7())
			c.Room, c.ClientMsgId = "pit", id[:]
			answer, err := a.commands.SubmitWait(ctx, "ann", false, c)
			if err != nil || answer.GetError() != nil {
				t.Fatal(answer, err)
			}
			return answer.GetSeq()
		}
		command(&outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}})
		room := []*outcryv1.Subscription{{Topic: &outcryv1.Topic{Channel: outcryv1.Channel_CHANNEL_ROOM, Id: "pit"}}}
		for range 2 {
			conn, err := path.Dial(socket.Options{Address: address}, "", room, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		exporter.Reset() // of the join
		command(&outcryv1.Command{Command: &outcryv1.Command_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte("hello")}}}})
		want := []string{"append", "command", "fold", "push", "push", "rows"}
		var got []string
		for ; !slices.Equal(got, want) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
			got = spanNames(t, postSpans(exporter.GetSpans()))
		}
		if !slices.Equal(got, want) {
			t.Errorf("the spans are %v", got)
		}
	})
}

// postSpans leaves out what came late of the join: the trace of the post's root is what counts.
func postSpans(all tracetest.SpanStubs) (of tracetest.SpanStubs) {
	root := slices.IndexFunc(all, func(s tracetest.SpanStub) bool { return s.Name == "command" })
	for _, s := range all {
		if root >= 0 && s.SpanContext.TraceID() == all[root].SpanContext.TraceID() {
			of = append(of, s)
		}
	}
	return of
}

// Breaks for users: a crowd that posts would fill the server's memory with traces, or
// a post whose answer never came would stay there.
func TestTracesAreBoundedAndForgotten(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	tr, err := startTracing(t.Context(), &config{spans: exporter, telemetry: telemetrySettings{sample: 100}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range tracedPosts + 10 {
		tr.received("ann", "pit", [16]byte{byte(i), byte(i >> 8)})
	}
	if n := tr.open.Load(); n != tracedPosts {
		t.Errorf("%d posts are followed", n)
	}
	id := [16]byte{7}
	tr.isAnswered(id, &outcryv1.Answer{Error: &outcryv1.Error{Code: outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN}})
	if n := tr.open.Load(); n != tracedPosts-1 {
		t.Errorf("%d posts are followed after one was refused", n)
	}
	message := &outcryv1.Message{ClientMsgId: append([]byte{8}, make([]byte, 15)...)}
	for range tracedPushes + 5 {
		tr.pushed("s", message)
	}
	pushes := 0
	for _, s := range exporter.GetSpans() {
		if s.Name == "push" {
			pushes++
		}
	}
	if pushes != tracedPushes {
		t.Errorf("%d pushes of one post are told", pushes)
	}
	tr.sweep(time.Now().Add(tracedFor))
	if n := tr.open.Load(); n != 0 {
		t.Errorf("%d posts are never forgotten", n)
	}
}

// BenchmarkTracing is what a framed message costs with tracing on, where nothing
// is followed, and of a post that is. Off, there is no call at all.
func BenchmarkTracing(b *testing.B) {
	tr := newTracing()
	message := &outcryv1.Message{ClientMsgId: make([]byte, 16)}
	b.Run("nothing followed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tr.pushed("s", message)
		}
	})
	b.Run("another followed", func(b *testing.B) {
		tr.received("ann", "pit", [16]byte{1})
		b.ReportAllocs()
		for b.Loop() {
			tr.pushed("s", message)
		}
	})
}
