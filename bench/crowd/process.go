package crowd

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Process is the clients' process, seen from the server's.
type Process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Start runs this program once more, as clients, and waits until all are connected.
func Start(args ...string) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting clients: %w", err)
	}
	p := &Process{cmd: exec.Command(self, args...)}
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
	if line, err := p.out.ReadString('\n'); err != nil || strings.TrimSpace(line) != ready {
		return nil, errors.Join(fmt.Errorf("starting clients: they said %q", line), p.Kill())
	}
	return p, nil
}

// Count has them count from now on.
func (p *Process) Count() error {
	_, err := fmt.Fprintln(p.in, count)
	return err
}

// Report ends the process.
func (p *Process) Report() (r Report, err error) {
	if _, err = fmt.Fprintln(p.in, sum); err == nil {
		err = json.NewDecoder(p.out).Decode(&r)
	}
	if err != nil {
		return r, errors.Join(fmt.Errorf("asking the clients: %w", err), p.Kill())
	}
	if r.Error != "" {
		err = fmt.Errorf("a client failed: %s", r.Error)
	}
	return r, errors.Join(err, p.cmd.Wait())
}

// Kill ends it without a report.
func (p *Process) Kill() error {
	_ = p.cmd.Process.Kill()
	return p.cmd.Wait()
}

// PID of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }
