package pipeline

import (
	"errors"
	"fmt"
	"strconv"

	"outcry/events/pipeline/raw"
	"outcry/events/pipeline/stage"
	outcryv1 "outcry/proto/outcry/v1"
)

// work is a batch on its way through a pipeline.
type work struct {
	program  *program
	lane     *lane
	batch    *raw.Batch
	outcomes []Outcome
	// defined are the definitions that have to be in the log before.
	defined []*outcryv1.IngestEvent
	pending map[identity]int // 1 + the message of this batch that has it
	row     stage.Row
	trace   Tracer
}

// Tracer is told a row before the first and after each stage.
type Tracer func(stage string, row stage.Row)

// later marks what is no fault of the message and may pass when tried again.
type later struct{ error }

func (l later) Unwrap() error { return l.error }

// process gives every message its outcome. It changes nothing that outlives
// the work, so it can be done again. An error is a later.
func (w *work) process() error {
	w.outcomes = make([]Outcome, len(w.batch.Messages))
	for i := range w.batch.Messages {
		if err := w.message(i); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) message(i int) error {
	o, err := w.run(&w.batch.Messages[i])
	if err != nil {
		return err
	}
	if o.Kind == Passed && o.id != 0 {
		if w.pending == nil {
			w.pending = make(map[identity]int)
		}
		w.pending[o.id] = i + 1
	}
	if o.Event != nil {
		o.Event.Line = uint64(i + 1)
	}
	w.outcomes[i] = o
	return nil
}

// run takes one message through all stages. A stage that panics costs that message only.
func (w *work) run(m *raw.Message) (o Outcome, err error) {
	at := "decode"
	defer func() {
		if r := recover(); r != nil {
			o, err = poisoned(at, fmt.Errorf("the stage panicked: %v", r)), nil
		}
	}()
	if w.row == nil {
		w.row = make(stage.Row, 32)
	}
	clear(w.row)
	whole, fault := raw.Decode(w.program.config.Format, m.Value, w.program.config.MaxBytes, w.row)
	if fault != nil {
		return poisoned(at, fault), nil
	}
	raw.AddEnvelope(w.batch, m, w.row)
	w.tell(at)
	for _, s := range w.program.steps {
		at = s.name
		if s.stage == nil {
			if o = w.repeated(at, m); o.Kind != Passed {
				return o, nil
			}
			continue
		}
		if err := s.stage.Apply(w.row); err != nil {
			return refused(at, err), nil
		}
		w.tell(at)
	}
	at = "event"
	return w.event(m, whole, o.id)
}

func (w *work) tell(at string) {
	if w.trace != nil {
		w.trace(at, w.row)
	}
}

func poisoned(at string, err error) Outcome {
	return Outcome{Kind: Poisoned, Stage: at, Reason: err.Error()}
}

func refused(at string, err error) Outcome {
	var dropped *stage.Dropped
	if errors.As(err, &dropped) {
		return Outcome{Kind: Filtered, Stage: at, Reason: dropped.Reason}
	}
	return poisoned(at, err)
}

// repeated tells duplicates of what is durable, and of what goes before in this batch.
func (w *work) repeated(at string, m *raw.Message) Outcome {
	id, err := w.identity(m)
	if err != nil {
		return poisoned(at, err)
	}
	if id == 0 {
		return Outcome{}
	}
	if w.lane.seen.has(id) {
		return Outcome{Kind: Duplicate, Stage: at, Reason: "seen before"}
	}
	if first := w.pending[id]; first != 0 {
		return Outcome{Kind: Duplicate, Stage: at, first: first,
			Reason: "repeats " + w.batch.Position(&w.batch.Messages[first-1])}
	}
	return Outcome{id: id}
}

// event makes the input of a row that passed all stages.
func (w *work) event(m *raw.Message, whole *outcryv1.IngestEvent, id identity) (Outcome, error) {
	epoch, seq, err := w.place(m)
	if err != nil {
		return poisoned("identity", err), nil
	}
	o := Outcome{Epoch: epoch, id: id}
	if whole != nil {
		o.Event, err = w.rename(whole, seq)
	} else {
		w.row["source_seq"] = strconv.FormatUint(seq, 10)
		err = w.lane.fields.Event(w.row, seq, func(ev *outcryv1.IngestEvent) {
			if isDefinition(ev) {
				w.defined = append(w.defined, ev)
			} else {
				o.Event = ev
			}
		})
	}
	var wait later
	switch {
	case errors.As(err, &wait):
		return o, wait
	case err != nil:
		return poisoned("event", err), nil
	}
	return o, nil
}

// rename gives an event that was decoded whole what the stages made of its name, and its sequence.
func (w *work) rename(ev *outcryv1.IngestEvent, seq uint64) (*outcryv1.IngestEvent, error) {
	if in := ev.GetRoom(); in != nil {
		ev.Id, in.User, in.SourceSeq = w.row["room"], w.row["user"], seq
	} else {
		ev.Id, ev.GetTape().SourceSeq = w.row["instrument"], seq
	}
	if ev.Id == "" {
		return nil, errors.New("no instrument or room")
	}
	return ev, nil
}
