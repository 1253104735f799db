package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
	"google.golang.org/protobuf/proto"

	"outcry/bench/load"
	"outcry/bench/path"
	"outcry/events"
	outcryv1 "outcry/proto/outcry/v1"
)

// server is a centrifuge node on loopback.
type server struct {
	node    *centrifuge.Node
	http    *http.Server
	address string
}

// queueBytes of a client: a flood may stand in it for a while before it is closed.
const queueBytes = 64 << 20

func (s *settings) serve() (*server, error) {
	node, err := centrifuge.New(centrifuge.Config{ClientChannelLimit: 1000, ClientQueueMaxSize: queueBytes})
	if err != nil {
		return nil, err
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}, WriteDelay: s.interval, WriteWithTimer: true, MaxMessagesInFrame: -1,
			ReplyWithoutQueue: true}, nil
	})
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	// A client that does not read for a second would be closed; none of ours stands still.
	mux.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		CheckOrigin: func(*http.Request) bool { return true }, UseWriteBufferPool: true, WriteTimeout: time.Minute, ProcessCommandsOffReadLoop: s.slim,
	}))
	r := &server{node: node, http: &http.Server{Handler: mux}, address: l.Addr().String()}
	go r.http.Serve(l)
	return r, nil
}

func (r *server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return r.node.Shutdown(ctx)
}

// publisher publishes the load's ticks, as late as it must, none left out.
type publisher struct {
	node  *centrifuge.Node
	floor *load.Floor
	rate  float64
	begun time.Time
	sent  int64
	buf   []byte
	quote outcryv1.Quote
}

// run tells how many were sent whenever somebody takes from told.
func (p *publisher) run(ctx context.Context, told chan<- int64) error {
	p.begun = time.Now()
	for ctx.Err() == nil {
		select {
		case told <- p.sent:
		default:
		}
		due := int64(time.Since(p.begun).Seconds() * p.rate)
		if p.sent >= due {
			time.Sleep(500 * time.Microsecond)
			continue
		}
		at := p.begun.Add(time.Duration(float64(p.sent) / p.rate * 1e9)).UnixNano()
		if err := p.publish(at); err != nil {
			return err
		}
		p.sent++
	}
	return nil
}

// publish one tick, of which Outcry sends the newest quote and trade: here it is one of them.
func (p *publisher) publish(at int64) (err error) {
	i, t := p.floor.Next(at)
	p.quote = outcryv1.Quote{SourceSeq: t.SourceSeq, EventTimeNs: at, BidPrice: &t.Price, BidSize: &t.Size}
	if t.Kind == events.QuoteTick {
		p.quote.AskPrice, p.quote.AskSize = &t.AskPrice, &t.AskSize
	}
	if p.buf, err = (proto.MarshalOptions{}).MarshalAppend(nil, &p.quote); err != nil {
		return fmt.Errorf("encoding a quote: %w", err)
	}
	_, err = p.node.Publish(p.floor.IDs()[i], p.buf)
	return err
}

// memory after two collections: what is alive, and what the system counts.
func memory() path.Memory {
	collect()
	return path.MemoryNow()
}
