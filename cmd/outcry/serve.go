package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"outcry/events"
	"outcry/gateways/guard"
	"outcry/gateways/identity"
	"outcry/gateways/ingest"
	"outcry/gateways/port"
	"outcry/gateways/reads"
	"outcry/gateways/rpc"
	outcryv1 "outcry/proto/outcry/v1"
)

func newServe() *cobra.Command {
	c, show := newConfig(), false
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the server", Args: needArgs(0, 0, ""),
		Long: `Run the server on a data folder of its own: the log and the rows of this machine.
Stop it with Ctrl-C or SIGTERM; kill it, and nothing that it acknowledged is lost.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.load(cmd); err != nil {
				return misuse(cmd, "%w", err)
			}
			if show {
				return c.print(cmd.OutOrStdout())
			}
			return serve(cmd.Context(), c, cmd.OutOrStdout(), func(context.Context, *app, string) error { return nil })
		},
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&c.newStore, "new-store", false, "take the keyspace that the settings name, though another one was used: rows are folded anew")
	cmd.Flags().BoolVar(&show, "print-config", false, "print the settings in effect and where each came from, and end")
	return cmd
}

// serve runs until ctx ends or something fails. started is called once the
// actors have caught up, with the server's URL.
func serve(ctx context.Context, c *config, out io.Writer, started func(context.Context, *app, string) error) (err error) {
	listener, err := listen(ctx, c.http, c.anyPort)
	if err != nil {
		return err
	}
	defer listener.Close()
	a, err := start(ctx, c)
	if err != nil {
		return err
	}
	end := &ending{within: c.stop.within}
	defer func() {
		stopping, cancel := end.context(ctx, 1)
		defer cancel()
		err = errors.Join(err, a.stop(stopping))
	}()
	certificate, err := c.certificate()
	if err != nil {
		return err
	}
	url := certificate.scheme() + listener.Addr().String()
	failures := make(chan error, 3)
	doors := c.limits.doors(a.metrics.edge.refused)
	server := port.NewServer(doors.Handler(guard.Handler(c.origins, a.handler())), certificate.Certificate)
	server.ConnState, server.ReadHeaderTimeout = doors.ConnState, c.limits.handshake
	go func() { failures <- certificate.serve(server, listener) }()
	following, unfollow := context.WithCancel(ctx)
	defer unfollow()
	a.background.Go(func() { certificate.follow(following) })
	defer func() {
		stopping, cancel := end.context(ctx, drainShare)
		defer cancel()
		err = errors.Join(err, a.drain(stopping, server))
	}()
	admin, adminURL, err := a.serveAdmin(ctx, c, failures)
	if err != nil {
		return err
	}
	defer admin.Close()
	if err := writeServerFile(c.data, serverFile{HTTP: url, Admin: adminURL, CA: certificate.ca, PID: os.Getpid()}); err != nil {
		return err
	}
	select {
	case <-a.host.Ready():
	case err := <-a.host.Failed():
		return err
	case <-ctx.Done():
		return nil
	}
	if a.revoked != nil {
		select {
		case <-a.revoked.read:
		case err := <-a.host.Failed():
			return err
		case <-ctx.Done():
			return nil
		}
	}
	fmt.Fprintf(out, "Outcry is open at %s\n  data folder  %s\n  encryption   %s\n  sign-in      %s\n  stop it      Ctrl-C\n",
		url, c.data, certificate.said(), a.welcome())
	a.warnOpen(url)
	own := identity.With(ctx, identity.Server()) // what the server does of its own accord
	defer a.startFeeds(own)()
	defer a.startPipelines(own)()
	go func() { failures <- started(own, a, url) }()
	if err := a.wait(ctx, failures); err != nil {
		return err
	}
	a.turnAway()
	return nil
}

// wait ends with ctx or with the first failure.
func (a *app) wait(ctx context.Context, failures <-chan error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-a.host.Failed():
			return err
		case err := <-failures:
			if err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// handler is everything that clients reach.
func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	calls := rpc.Config{
		Info: &outcryv1.InfoResponse{Version: version, Lineage: a.log.Lineage(), DataDir: a.config.data,
			InstrumentPartitions: uint32(a.log.Partitions(events.Instrument)), RoomPartitions: uint32(a.log.Partitions(events.Room))},
		Gate: a.gate, Reads: a.granted, Commands: a.commands, Ingest: a.ingest, Hashes: hashes{a.host}, CodeOf: codeOf,
	}
	if a.revoked != nil {
		calls.Revocations = a.revoked
	}
	mux.Handle(rpc.NewHandler(calls))
	mux.Handle("/v1/ingest", identity.Handler(a.gate, a.ingest.Handler(func(r *http.Request, id string) (*outcryv1.Definition, error) {
		answer, err := a.reads.Latest(r.Context(), &outcryv1.LatestRequest{Instruments: []string{id}})
		if err != nil || len(answer.Instruments) == 0 {
			return nil, err
		}
		return answer.Instruments[0].Definition, nil
	})))
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/readyz", a.readyz)
	a.edge(mux)
	return a.whenReady(mux)
}

// codeOf maps what the stages behind rpc give.
func codeOf(err error) outcryv1.ErrorCode {
	if code, ok := identity.CodeOf(err); ok {
		return code
	}
	switch {
	case errors.Is(err, reads.ErrUnknownInstrument):
		return outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_INSTRUMENT
	case errors.Is(err, reads.ErrUnknownRoom):
		return outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM
	case errors.Is(err, ingest.ErrInvalid):
		return outcryv1.ErrorCode_ERROR_CODE_INVALID
	}
	return outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE
}

// serveAdmin listens for metrics, profiles and operators' calls; the closer does nothing where it is off.
func (a *app) serveAdmin(ctx context.Context, c *config, failures chan<- error) (closer io.Closer, url string, err error) {
	if c.admin == "" {
		return io.NopCloser(nil), "", nil
	}
	l, err := listen(ctx, c.admin, c.anyPort)
	if err != nil {
		return nil, "", err
	}
	mux := http.NewServeMux()
	mux.Handle(rpc.NewAdminHandler(a.pumps.Load()))
	mux.Handle("/metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: guard.Handler(c.origins, mux), ReadHeaderTimeout: 10 * time.Second}
	go func() { failures <- server.Serve(l) }()
	return server, "http://" + l.Addr().String(), nil
}

// writeServerFile tells the commands of this machine where the server is.
func writeServerFile(data string, f serverFile) error {
	text, err := json.Marshal(f)
	if err == nil {
		err = os.WriteFile(serverPath(data), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing the server's address: %w", err)
	}
	return nil
}
