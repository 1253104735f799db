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

// Child is this program run once more as clients, which is told words, a line
// each, and answers in JSON.
type Child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Run starts it and waits for the line that says it is ready.
func Run(ready string, args ...string) (*Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting clients: %w", err)
	}
	c := &Child{cmd: exec.Command(self, args...)}
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		c.in, err = c.cmd.StdinPipe()
	}
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting clients: %w", err)
	}
	c.out = bufio.NewReader(out)
	if line, err := c.out.ReadString('\n'); err != nil || strings.TrimSpace(line) != ready {
		return nil, errors.Join(fmt.Errorf("starting clients: they said %q", line), c.Kill())
	}
	return c, nil
}

// Say sends a word.
func (c *Child) Say(word string) error {
	_, err := fmt.Fprintln(c.in, word)
	return err
}

// Ask sends a word and waits for the answer to it.
func (c *Child) Ask(word string, answer any) error {
	err := c.Say(word)
	if err == nil {
		err = json.NewDecoder(c.out).Decode(answer)
	}
	if err != nil {
		return fmt.Errorf("asking the clients: %w", err)
	}
	return nil
}

// Kill ends it, whatever it does.
func (c *Child) Kill() error {
	_ = c.cmd.Process.Kill()
	return c.cmd.Wait()
}

// PID of the process.
func (c *Child) PID() int { return c.cmd.Process.Pid }
