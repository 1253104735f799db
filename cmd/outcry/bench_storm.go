package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"outcry/bench/crowd"
	"outcry/bench/load"
	"outcry/bench/stall"
	"outcry/gateways/rpc"
	outcryv1 "outcry/proto/outcry/v1"
)

// stormBench is `outcry bench storm`.
type stormBench struct {
	run                        stall.Storm
	instruments, subscriptions int
	within                     time.Duration
	asJSON                     bool
	address                    string
	data                       string
}

func newBenchStorm() *cobra.Command {
	b := &stormBench{}
	cmd := &cobra.Command{Use: "storm", Short: "Kill the server under thousands of clients, and see them come back", Args: needArgs(0, 0, ""),
		Long: `Kill a server with SIGKILL under thousands of clients, each following a room and some
quotes with the code of "outcry tail", start it again at once, and post something. Everybody must be back and
have the post, without a gap in the room, and not all at once.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if b.run.Clients < 1 || b.subscriptions < 0 || b.subscriptions > b.instruments {
				return misuse(cmd, "there must be clients, and no more subscriptions than instruments")
			}
			if err := b.measure(cmd.Context()); err != nil {
				return err
			}
			if b.asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(&b.run)
			}
			_, err := io.WriteString(cmd.OutOrStdout(), b.run.Text())
			return err
		}}
	f := cmd.Flags()
	f.IntVar(&b.run.Clients, "clients", 5000, "clients")
	f.IntVar(&b.instruments, "instruments", 1000, "instruments")
	f.IntVar(&b.subscriptions, "subscriptions", 20, "of them that each client follows, beside the room")
	f.DurationVar(&b.within, "within", 90*time.Second, "how long to wait for the last client")
	f.BoolVar(&b.asJSON, "json", false, "print JSON")
	return cmd
}

func (b *stormBench) measure(ctx context.Context) error {
	data, remove, err := benchData("")
	if err != nil {
		return err
	}
	defer remove()
	b.data, b.address = data, "127.0.0.1:0"
	server, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer func() { stopNow(server) }()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	clients, err := crowd.Run(stormReady, "bench", "storm-clients", "--address", b.address, "--clients", fmt.Sprint(b.run.Clients),
		"--instruments", fmt.Sprint(b.instruments), "--subscriptions", fmt.Sprint(b.subscriptions))
	if err != nil {
		return err
	}
	defer clients.Kill()
	killed := time.Now()
	stopNow(server)
	if server, err = b.serve(ctx); err != nil {
		return err
	}
	b.run.OpenMs = float64(time.Since(killed)) / 1e6
	seq, err := b.say(ctx, &outcryv1.Command{Command: &outcryv1.Command_Post{Post: &outcryv1.Post{Text: &outcryv1.Text{Data: []byte("we are back")}}}})
	if err != nil {
		return err
	}
	var all stormReport
	if err := clients.Ask(fmt.Sprint(seq, " ", b.within), &all); err != nil {
		return err
	}
	b.run.SpreadMs = all.SpreadMs
	b.run.Take(all.Returns, killed.UnixNano())
	return nil
}

// serve starts a server process and waits until it is open, the second time at the same address.
func (b *stormBench) serve(ctx context.Context) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve", "--data", b.data, "--http", b.address, "--admin", "", "--log-level", "warn")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "Outcry is open at http://")
	if err != nil || !ok {
		stopNow(cmd)
		return nil, fmt.Errorf("the server said %q: %w", line, err)
	}
	if _, _, err := net.SplitHostPort(url); err != nil {
		stopNow(cmd)
		return nil, fmt.Errorf("the server's address: %w", err)
	}
	b.address = url
	return cmd, nil
}

// stopNow is what a power switch does, for a process; one that has ended stays so.
func stopNow(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// prepare makes instruments and the room.
func (b *stormBench) prepare(ctx context.Context) error {
	r := &outcryv1.IngestRequest{Source: "bench", Epoch: "1", Mode: outcryv1.Mode_MODE_LIVE}
	for i, id := range load.New(b.instruments, 0).IDs() {
		r.Events = append(r.Events, &outcryv1.IngestEvent{Id: id, Line: uint64(i + 1), Event: &outcryv1.IngestEvent_Tape{
			Tape: &outcryv1.TapeEvent{EventTimeNs: time.Now().UnixNano(), Event: &outcryv1.TapeEvent_Definition{Definition: load.Definition()}}}})
	}
	answer, err := rpc.NewClient("http://"+b.address, "").Ingest(ctx, r)
	if err == nil && answer.Refused > 0 {
		err = fmt.Errorf("%d were refused: %s", answer.Refused, answer.Refusals[0].GetError().GetText())
	}
	if err != nil {
		return fmt.Errorf("defining instruments: %w", err)
	}
	_, err = b.say(ctx, &outcryv1.Command{Command: &outcryv1.Command_Join{Join: &outcryv1.Join{}}})
	return err
}

// say asks the room for a change, again while the server catches up.
func (b *stormBench) say(ctx context.Context, c *outcryv1.Command) (seq uint64, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return 0, err
	}
	c.Room, c.ClientMsgId = tunnelRoom, id[:]
	answer, err := rpc.NewClient("http://"+b.address, "").Submit(ctx, &outcryv1.SubmitRequest{User: "bench", Command: c})
	if err == nil && answer.GetAnswer().GetError() != nil {
		err = errors.New(answer.GetAnswer().GetError().GetText())
	}
	if err != nil {
		return 0, fmt.Errorf("asking room %s: %w", tunnelRoom, err)
	}
	return answer.GetAnswer().GetSeq(), nil
}
