package binance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	outcryv1 "outcry/proto/outcry/v1"
)

// queued is an input on its way to the server.
type queued struct {
	event    *outcryv1.IngestEvent
	received time.Time
}

// push waits while the queue is full.
func (f *Feed) push(ctx context.Context, q queued) error {
	select {
	case f.queue <- q:
	default:
		select {
		case f.queue <- q:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.received.Add(1)
	return nil
}

const (
	// mostSent inputs are one request.
	mostSent = 10_000
	// askTime is how long a request may take before it is sent again.
	askTime = 30 * time.Second
	// drainTime is how long a stopping feed waits until what it has read is durable.
	drainTime = 10 * time.Second
)

// send makes what is queued durable until the queue is closed. When ctx ends it has drainTime left.
func (f *Feed) send(ctx context.Context) error {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = pause(sending, drainTime); cancel() })
	defer stop()
	batch := make([]*outcryv1.IngestEvent, 0, mostSent)
	for first := range f.queue {
		batch = append(batch[:0], first.event)
		for more := true; more && len(batch) < mostSent; {
			select {
			case q, ok := <-f.queue:
				if more = ok; ok {
					batch = append(batch, q.event)
				}
			default:
				more = false
			}
		}
		f.oldest.Store(first.received.UnixNano())
		if err := f.deliver(sending, batch); err != nil {
			return fmt.Errorf("%d inputs that were read are not in (trades come again with the next start): %w", len(batch)+len(f.queue), err)
		}
		f.oldest.Store(0)
	}
	return nil
}

// deliver sends a batch until it is answered.
func (f *Feed) deliver(ctx context.Context, batch []*outcryv1.IngestEvent) error {
	answer, err := f.ask(ctx, batch)
	if err != nil {
		return err
	}
	if undefined(answer) {
		// The server began anew: what it refused has left no trace, so it is the same input again.
		defined := make([]*outcryv1.IngestEvent, 0, len(f.definitions))
		for id, d := range f.definitions {
			defined = append(defined, definition(id, d))
		}
		slices.SortFunc(defined, func(a, b *outcryv1.IngestEvent) int { return strings.Compare(a.Id, b.Id) })
		if _, err := f.ask(ctx, defined); err != nil {
			return err
		}
		if answer, err = f.ask(ctx, batch); err != nil {
			return err
		}
	}
	f.count(answer)
	return nil
}

func undefined(answer *outcryv1.IngestResponse) bool {
	return slices.ContainsFunc(answer.Refusals, func(r *outcryv1.IngestRefusal) bool {
		return r.Error.GetCode() == outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT
	})
}

// ask sends a request until it is answered: with the same ids it may have come
// before. It ends with ctx, or when the server refuses it for good.
func (f *Feed) ask(ctx context.Context, events []*outcryv1.IngestEvent) (*outcryv1.IngestResponse, error) {
	request := &outcryv1.IngestRequest{Source: f.config.source(), Epoch: f.config.Epoch, Mode: outcryv1.Mode_MODE_LIVE, Events: events}
	var since time.Time
	for tries := 0; ; tries++ {
		asking, cancel := context.WithTimeout(ctx, askTime)
		answer, err := f.server.Ingest(asking, request)
		cancel()
		if err == nil {
			if tries > 0 {
				f.troubled("")
				f.tell(Notice{Kind: "server", Text: fmt.Sprintf("the server takes inputs again, after %s", time.Since(since).Round(time.Millisecond))})
			}
			return answer, nil
		}
		if ctx.Err() != nil || f.options.Final != nil && f.options.Final(err) {
			return nil, err
		}
		if tries == 0 {
			since = time.Now()
			f.tell(Notice{Kind: "waiting", Text: fmt.Sprintf("the server does not take inputs: %v; trying again", err)})
		}
		f.troubled(err.Error())
		if err := pause(ctx, backoff(tries)); err != nil {
			return nil, err
		}
	}
}

// refusalsTold of a feed; all are counted.
const refusalsTold = 20

func (f *Feed) count(a *outcryv1.IngestResponse) {
	f.accepted.Add(a.Accepted)
	f.duplicates.Add(a.Duplicates)
	f.refused.Add(a.Refused)
	if before := f.late.Add(a.Late) - a.Late; before == 0 && a.Late > 0 {
		f.tell(Notice{Kind: "refused", Text: fmt.Sprintf("%d inputs came too late to tell whether they are new: another feed is ahead of this one, or the exchange's ids began again (then give another epoch)", a.Late)})
	}
	for _, r := range a.Refusals {
		if f.told++; f.told > refusalsTold {
			return
		}
		f.tell(Notice{Kind: "refused", Instrument: r.Id, Text: fmt.Sprintf("%s: %s", r.Id, r.Error.GetText())})
	}
}
