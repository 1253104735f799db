package kafka

import (
	"sync"
	"sync/atomic"
)

// states says how it stands with publishing and reading, and tells changes
// once: not each try, or an outage would fill the logs.
type states struct {
	log      *Log
	troubled atomic.Int64 // when a reader last had an error of its own, ns since 1970
	sync.Mutex
	publishing, reading error
}

// State is the trouble that is being tried again, nil where all is well.
func (l *Log) State() (publishing, reading error) {
	l.state.Lock()
	defer l.state.Unlock()
	return l.state.publishing, l.state.reading
}

func (s *states) setPublishing(err error) {
	s.set(&s.publishing, err, "publishing to Kafka", s.log.config.Observer.Publishing)
}

func (s *states) setReading(err error) {
	s.set(&s.reading, err, "reading from Kafka", s.log.config.Observer.Reading)
}

// set tells the change while it holds the lock, so that changes are told in their order.
func (s *states) set(state *error, err error, what string, tell func(error)) {
	s.Lock()
	defer s.Unlock()
	changed := (*state == nil) != (err == nil)
	*state = err
	if !changed {
		return
	}
	if err != nil {
		s.log.config.Logger.Warn(what+" has trouble and is tried again", "error", err)
	} else {
		s.log.config.Logger.Info(what + " is well again")
	}
	if tell != nil {
		tell(err)
	}
}
