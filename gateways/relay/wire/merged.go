package wire

import (
	"outcry/actors/instrument"
	outcryv1 "outcry/proto/outcry/v1"
)

// Merged is what an update tells one session of all that happened since the update before.
type Merged struct {
	// Events that happened, the newest among them.
	Events uint64
	// Gap: some were not seen here.
	Gap bool
	// Trades among them; nil is none.
	Trades *instrument.Tally
}

// said tells whether there is something to tell that an update does not say by itself.
func (m *Merged) said() bool {
	return m.Events > 1 || m.Gap || m.Trades != nil && !m.Trades.Empty()
}

// message is what is told as the generated code has it; nil where nothing is.
func (m *Merged) message() *outcryv1.Merged {
	if !m.said() {
		return nil
	}
	out := &outcryv1.Merged{Gap: m.Gap}
	if m.Events > 1 {
		out.Events = m.Events
	}
	if m.Trades == nil {
		return out
	}
	for i := range m.Trades.Minutes() {
		b := m.Trades.Minute(i)
		out.Minutes = append(out.Minutes, b.Proto("", instrument.Minute))
	}
	if b := m.Trades.Earlier(); b.Trades > 0 {
		out.Earlier = b.Proto("", instrument.Minute)
	}
	return out
}

// MergedPart is the field of an update's body that says what was merged. It is
// another one for each session, and the same for those that stood at the same version.
func (e Encoding) MergedPart(dst []byte, m *Merged) []byte {
	if !m.said() {
		return dst
	}
	if e == JSON {
		return appendJSON(append(dst, `,"merged":`...), m.message())
	}
	dst, at := open(dst, mergedField)
	return seal(m.append(dst), at)
}

// append writes the fields of message.
func (m *Merged) append(dst []byte) []byte {
	if m.Events > 1 {
		dst = putUint(dst, 1, m.Events)
	}
	if m.Trades != nil {
		dst = putTally(dst, m.Trades)
	}
	return putBool(dst, 4, m.Gap)
}

func putTally(dst []byte, t *instrument.Tally) []byte {
	var at int
	for i := range t.Minutes() {
		b := t.Minute(i)
		dst, at = open(dst, 2)
		dst = seal(putBar(dst, "", instrument.Minute, &b), at)
	}
	if b := t.Earlier(); b.Trades > 0 {
		dst, at = open(dst, 3)
		dst = seal(putBar(dst, "", instrument.Minute, &b), at)
	}
	return dst
}
