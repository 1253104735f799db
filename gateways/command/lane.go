package command

import "slices"

// lane is the way of one session's commands to one room.
type lane struct {
	calls  []*call   // not answered, as they were submitted
	failed []failure // appends that failed, as they were submitted
}

// failure is a command that has to be sent again before others may come.
type failure struct {
	id    [16]byte
	again bool // it was sent again and is under way
}

// blocked says that a command is in the way of the ones behind it.
func (l *lane) blocked() bool {
	return slices.ContainsFunc(l.calls, func(c *call) bool { return c.blocks })
}

// admit says whether a command may come now. After failures that is the oldest
// one that is not under way again, and anything once all are.
func (l *lane) admit(id [16]byte) bool {
	for i := range l.failed {
		if f := &l.failed[i]; !f.again {
			f.again = f.id == id
			return f.again
		}
	}
	return true
}

// fail notes that a command has to be sent again, unless that is known.
func (l *lane) fail(id [16]byte) {
	if !slices.ContainsFunc(l.failed, func(f failure) bool { return f.id == id }) {
		l.failed = append(l.failed, failure{id: id})
	}
}

// ended notes the answer to a command that had failed before: it is forgotten
// where that is final, and has to come once more where it is not.
func (l *lane) ended(id [16]byte, final bool) {
	i := slices.IndexFunc(l.failed, func(f failure) bool { return f.id == id })
	switch {
	case i < 0:
	case final:
		l.failed = slices.Delete(l.failed, i, i+1)
	default:
		l.failed[i].again = false
	}
}

func (l *lane) empty() bool { return len(l.calls) == 0 && len(l.failed) == 0 }
