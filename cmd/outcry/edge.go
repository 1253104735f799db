package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"outcry/actors/host"
	"outcry/actors/instrument"
	"outcry/gateways/grpc"
	"outcry/gateways/identity"
	"outcry/gateways/limit"
	"outcry/gateways/pump"
	"outcry/gateways/relay"
	"outcry/gateways/session"
	"outcry/gateways/udf"
	"outcry/gateways/web"
	"outcry/gateways/ws"
)

// startEdge makes what pushes: relay, sessions and pumps. The host is running.
func (a *app) startEdge(life context.Context) error {
	keys, err := a.config.openKeys()
	if err != nil {
		return fmt.Errorf("opening the keys of resume tokens: %w", err)
	}
	a.background.Go(func() { a.followKeys(life, keys) })
	r := relay.New(relay.Config{Floor: floor{a.host}})
	config := session.Config{
		Relay: r, History: a.granted, Gate: a.gate, CodeOf: codeOf, Server: "outcry " + version, Lineage: a.log.Lineage(), Resume: keys, Logger: a.config.logger,
		Refused: a.metrics.edge.refused, Pushed: a.tracing.pushes(),
		Commands: func(user string) session.Commands { return a.commands.Session(user) },
	}
	a.config.limits.sessions(&config)
	a.sessions = session.New(config)
	pumps, err := pump.Start(pump.Config{Sessions: a.sessions, Clients: a.config.limits.connections, Spread: a.spread(config.Arrivals), Logger: a.config.logger, Observer: a.metrics.edge.observer()})
	if err != nil {
		return fmt.Errorf("starting the pumps: %w", err)
	}
	a.pumps.Store(pumps)
	if a.config.bench == nil { // looking at the clients takes turns, in the window that is measured
		a.metrics.edge.watch(pumps, a.metrics.registry, a.config.logger)
	}
	a.background.Go(func() {
		if err := r.Run(life, pumps.Flushed); err != nil {
			a.config.logger.Error("the relay ended", "error", err)
		}
	})
	if a.signin != nil {
		a.metrics.signIn(a.signin.Status)
		a.revoked = newRevocations(a)
		a.background.Go(func() {
			select {
			case <-a.host.Ready():
				a.revoked.follow(life)
			case <-life.Done():
			}
		})
		a.background.Go(func() {
			if err := a.signin.Run(life); err != nil {
				a.config.logger.Error("keys are not read anew any more", "error", err)
			}
		})
	}
	return nil
}

// recheck has every session look whether it still may what it does.
func (a *app) recheck() {
	if p := a.pumps.Load(); p != nil {
		p.Recheck()
	}
}

// spread is told to clients when the server stops: longer where more of them
// come back than are let in at a time.
func (a *app) spread(arrivals *limit.Gate) func(clients int) time.Duration {
	return func(clients int) time.Duration { return max(a.config.stop.spread, arrivals.Spread(clients)) }
}

// flushed is told by the host after each record; before the edge is there, nobody watches.
func (a *app) flushed() {
	if p := a.pumps.Load(); p != nil {
		p.Flushed()
	}
}

// edge mounts what shows and streams.
func (a *app) edge(mux *http.ServeMux) {
	mux.Handle("/udf/", identity.Handler(a.gate, udf.Handler(a.granted)))
	mux.Handle("/ws", ws.NewServer(ws.Config{Pumps: a.pumps.Load(), FrameBytes: a.sessions.FrameBytes(), Compress: a.config.compress, Logger: a.config.logger}))
	mux.Handle(grpc.NewHandler(grpc.Config{Pumps: a.pumps.Load(), FrameBytes: a.sessions.FrameBytes()}))
	a.health = grpc.MountBeside(mux, func() bool { return a.readiness().State == stateReady })
	mux.Handle("/", web.Handler())
}

// floor shows the host to the relay.
type floor struct{ *host.Host }

func (f floor) WatchInstrument(id string, wants instrument.Wants, s relay.InstrumentSink) (stop func()) {
	return f.Host.WatchInstrument(id, wants, s)
}

func (f floor) WatchRoom(id string, s relay.RoomSink) (stop func()) { return f.Host.WatchRoom(id, s) }
