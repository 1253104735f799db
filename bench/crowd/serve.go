package crowd

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"outcry/bench/path"
)

// Words between the processes.
const (
	ready = "ready"
	count = "count"
	sum   = "report"
)

// dialing is how many connections are opened at a time.
const dialing = 16

// Follower is one client.
type Follower interface {
	// Read takes one message and counts it.
	Read() error
	Tally() *path.Counts
	// Close ends the connection; a Read under way fails with net.ErrClosed.
	Close() error
}

// Report is what the clients' process says at its end.
type Report struct {
	Counts path.Counts
	CPU    time.Duration // since it began to count
	Error  string        // of the first client that failed
}

// crowd is the clients' process.
type crowd struct {
	all   []Follower
	epoch atomic.Int64 // rises when counting begins anew
	group sync.WaitGroup
	errs  chan error
}

// Serve opens n clients and does what it is told until in ends.
func Serve(in io.Reader, out io.Writer, n int, dial func(i int) (Follower, error)) error {
	c := &crowd{errs: make(chan error, n)}
	if err := c.connect(n, dial); err != nil {
		return err
	}
	fmt.Fprintln(out, ready)
	var since time.Duration
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		switch lines.Text() {
		case count:
			since = path.CPUTime()
			c.epoch.Add(1)
		case sum:
			r := Report{CPU: path.CPUTime() - since}
			c.end(&r)
			return json.NewEncoder(out).Encode(r)
		}
	}
	return nil // the other process is gone
}

func (c *crowd) connect(n int, dial func(i int) (Follower, error)) error {
	c.all = make([]Follower, n)
	errs := make([]error, n)
	slots := make(chan struct{}, dialing)
	var group sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if c.all[i], errs[i] = dial(i); errs[i] == nil {
				c.group.Go(func() { c.follow(c.all[i]) })
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// follow reads until the connection is closed.
func (c *crowd) follow(f Follower) {
	mine := c.epoch.Load()
	for {
		if err := f.Read(); err != nil {
			if !errors.Is(err, net.ErrClosed) {
				c.errs <- err
			}
			return
		}
		if now := c.epoch.Load(); now != mine {
			mine = now
			*f.Tally() = path.Counts{}
		}
	}
}

// end closes all and adds up.
func (c *crowd) end(r *Report) {
	for _, f := range c.all {
		f.Close()
	}
	c.group.Wait()
	for _, f := range c.all {
		r.Counts.Merge(f.Tally())
	}
	select {
	case err := <-c.errs:
		r.Error = err.Error()
	default:
	}
}
