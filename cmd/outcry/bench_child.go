package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"outcry/bench/path"
)

// clientsProcess is the other end: this program once more.
type clientsProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startClients(url string, s *path.Settings) (*clientsProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting clients: %w", err)
	}
	p := &clientsProcess{cmd: exec.Command(self, "bench", "clients", "--address", strings.TrimPrefix(url, "http://"),
		"--instruments", fmt.Sprint(s.Instruments), "--sessions", fmt.Sprint(s.Sessions), "--subscriptions", fmt.Sprint(s.Subscriptions),
		"--interval", fmt.Sprintf("%gms", s.IntervalMs), "--watch", s.Watch, "--seed", fmt.Sprint(s.Seed))}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.in, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting clients: %w", err)
	}
	p.out = bufio.NewReader(out)
	if line, err := p.out.ReadString('\n'); err != nil || strings.TrimSpace(line) != clientsReady {
		return nil, errors.Join(fmt.Errorf("starting clients: they said %q", line), p.kill())
	}
	return p, nil
}

// count has them count from now on.
func (p *clientsProcess) count() error {
	_, err := fmt.Fprintln(p.in, clientsCount)
	return err
}

// report ends the process.
func (p *clientsProcess) report() (r clientsReport, err error) {
	if _, err = fmt.Fprintln(p.in, clientsSum); err == nil {
		err = json.NewDecoder(p.out).Decode(&r)
	}
	if err != nil {
		return r, errors.Join(fmt.Errorf("asking the clients: %w", err), p.kill())
	}
	if r.Error != "" {
		err = fmt.Errorf("a client failed: %s", r.Error)
	}
	return r, errors.Join(err, p.cmd.Wait())
}

func (p *clientsProcess) kill() error {
	_ = p.cmd.Process.Kill()
	return p.cmd.Wait()
}
