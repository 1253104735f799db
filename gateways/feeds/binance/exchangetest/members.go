package exchangetest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// stream takes one connection and what it subscribes to.
func (x *Exchange) stream(w http.ResponseWriter, r *http.Request) {
	if x.config.Refuse != 0 {
		http.Error(w, "refused", x.config.Refuse)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // who asked is told
	}
	defer conn.CloseNow()
	m := &member{conn: conn, wants: map[string]bool{}}
	x.join(m, strings.Split(r.URL.Query().Get("streams"), "/"))
	defer x.leave(m)
	for {
		_, body, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		var ask struct {
			Method string          `json:"method"`
			Params []string        `json:"params"`
			ID     json.RawMessage `json:"id"`
		}
		if json.Unmarshal(body, &ask) != nil || ask.Method != "SUBSCRIBE" {
			_ = conn.Write(r.Context(), websocket.MessageText, []byte(`{"error":{"code":2,"msg":"Invalid request"},"id":1}`))
			continue
		}
		x.subscribe(m, ask.Params)
		_ = conn.Write(r.Context(), websocket.MessageText, append(append([]byte(`{"result":null,"id":`), ask.ID...), '}'))
	}
}

func (x *Exchange) join(m *member, streams []string) {
	x.state.Lock()
	defer x.state.Unlock()
	for _, s := range streams {
		m.wants[s] = true
	}
	x.state.opened++
	x.state.members = append(x.state.members, m)
	close(x.state.came)
	x.state.came = make(chan struct{})
}

func (x *Exchange) subscribe(m *member, streams []string) {
	x.state.Lock()
	for _, s := range streams {
		m.wants[s] = true
	}
	x.state.Unlock()
	x.Subscribed <- streams
}

func (x *Exchange) leave(m *member) {
	x.state.Lock()
	defer x.state.Unlock()
	x.state.members = slices.DeleteFunc(x.state.members, func(o *member) bool { return o == m })
}

// listening are the connections that are told things.
func (x *Exchange) listening() (all []*member, came chan struct{}) {
	x.state.Lock()
	defer x.state.Unlock()
	for _, m := range x.state.members {
		if !m.muted {
			all = append(all, m)
		}
	}
	return all, x.state.came
}

// audience waits until somebody listens.
func (x *Exchange) audience(ctx context.Context) bool {
	for {
		all, came := x.listening()
		if len(all) > 0 {
			return true
		}
		select {
		case <-came:
		case <-ctx.Done():
			return false
		}
	}
}

// send to all who want the stream; "" to all.
func (x *Exchange) send(ctx context.Context, stream string, body []byte) {
	all, _ := x.listening()
	for _, m := range all {
		x.state.Lock()
		wanted := stream == "" || m.wants[stream]
		x.state.Unlock()
		if !wanted {
			continue
		}
		writing, cancel := context.WithTimeout(ctx, 20*time.Second)
		if m.conn.Write(writing, websocket.MessageText, body) != nil {
			x.leave(m)
		}
		cancel()
	}
}

func (x *Exchange) ping(ctx context.Context) {
	all, _ := x.listening()
	for _, m := range all {
		pinging, cancel := context.WithTimeout(ctx, 10*time.Second)
		if m.conn.Ping(pinging) == nil {
			x.state.Lock()
			x.state.pings++
			x.state.Unlock()
		}
		cancel()
	}
}

// cut breaks all connections without a goodbye.
func (x *Exchange) cut() {
	x.state.Lock()
	all := x.state.members
	x.state.members = nil
	x.state.Unlock()
	for _, m := range all {
		_ = m.conn.CloseNow()
	}
}

// mute leaves them open.
func (x *Exchange) mute() {
	x.state.Lock()
	defer x.state.Unlock()
	for _, m := range x.state.members {
		m.muted = true
	}
}
