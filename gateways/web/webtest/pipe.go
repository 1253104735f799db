package webtest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// callTimeout bounds one answer of the browser.
const callTimeout = 30 * time.Second

// maxMessage bounds one message of the browser; a screenshot is the largest.
const maxMessage = 64 << 20

var errClosed = errors.New("the browser has gone")

// pipe speaks the DevTools protocol: JSON messages that end with a zero byte.
type pipe struct {
	in  io.Writer
	mu  sync.Mutex
	seq int
	// waiting calls by number; nil once the browser has gone.
	waiting map[int]chan<- reply
	events  func(session, method string, params json.RawMessage)
}

type reply struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

func newPipe(in io.Writer, events func(session, method string, params json.RawMessage)) *pipe {
	return &pipe{in: in, waiting: map[int]chan<- reply{}, events: events}
}

// read hands out replies and events until the browser closes its end.
func (p *pipe) read(out io.Reader) {
	defer p.end()
	messages := bufio.NewScanner(out)
	messages.Buffer(make([]byte, 64<<10), maxMessage)
	messages.Split(untilZero)
	for messages.Scan() {
		var m struct {
			reply
			ID        int
			Method    string
			SessionID string
			Params    json.RawMessage
		}
		if err := json.Unmarshal(messages.Bytes(), &m); err != nil {
			return
		}
		if m.ID == 0 {
			p.events(m.SessionID, m.Method, m.Params)
		} else if c := p.take(m.ID); c != nil {
			c <- m.reply
		}
	}
}

// call sends a command and waits for its result, which is decoded into result unless that is nil.
func (p *pipe) call(session, method string, params, result any) error {
	answer := make(chan reply, 1)
	if err := p.send(session, method, params, answer); err != nil {
		return fmt.Errorf("calling %s: %w", method, err)
	}
	deadline := time.NewTimer(callTimeout)
	defer deadline.Stop()
	select {
	case r, ok := <-answer:
		switch {
		case !ok:
			return fmt.Errorf("calling %s: %w", method, errClosed)
		case r.Error != nil:
			return fmt.Errorf("calling %s: %s", method, r.Error.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(r.Result, result)
	case <-deadline.C:
		return fmt.Errorf("calling %s: no answer in %v", method, callTimeout)
	}
}

func (p *pipe) send(session, method string, params any, answer chan<- reply) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		return errClosed
	}
	p.seq++
	message := map[string]any{"id": p.seq, "method": method}
	if params != nil {
		message["params"] = params
	}
	if session != "" {
		message["sessionId"] = session
	}
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	p.waiting[p.seq] = answer
	if _, err := p.in.Write(append(text, 0)); err != nil {
		delete(p.waiting, p.seq)
		return err
	}
	return nil
}

func (p *pipe) take(id int) chan<- reply {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.waiting[id]
	delete(p.waiting, id)
	return c
}

// end fails all calls that wait and all that come.
func (p *pipe) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.waiting {
		close(c)
	}
	p.waiting = nil
}

func untilZero(data []byte, atEOF bool) (advance int, token []byte, err error) {
	for i, b := range data {
		if b == 0 {
			return i + 1, data[:i], nil
		}
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}
