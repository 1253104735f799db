package embedded

import (
	"fmt"
	"time"
)

// Shares of the disk that are free.
const (
	freeWarn   = 0.20
	freeRefuse = 0.02
	freeEvery  = int64(time.Second)
)

// freeSpace looks at the disk once a second while there are appends, and at
// each append while there is too little room.
type freeSpace struct {
	looked int64 // ns since 1970, 0 never
	low    bool  // below freeWarn, and said so
	full   bool
}

// check gives a *fullError where appends are to be refused.
func (s *freeSpace) check(l *Log) error {
	now := l.config.Now()
	if s.looked != 0 && !s.full && now-s.looked < freeEvery && now >= s.looked {
		return nil
	}
	s.looked = now
	ratio, known := l.files.fs.Free(l.files.dir)
	if !known {
		return nil
	}
	if free := l.config.Observer.Free; free != nil {
		free(ratio)
	}
	if low := ratio < freeWarn; low != s.low {
		s.low = low
		if low {
			l.config.Logger.Warn("the disk of the log is getting full", "dir", l.files.dir, "free", ratio)
		}
	}
	s.full = ratio < freeRefuse
	if s.full {
		return &fullError{fmt.Errorf("%.1f %% of it is free, %.0f %% are kept back", 100*ratio, 100*freeRefuse)}
	}
	return nil
}
