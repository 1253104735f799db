package crowd

import (
	"errors"
	"fmt"
)

// Process is the clients' process, seen from the server's.
type Process struct{ *Child }

// Start runs this program once more, as clients, and waits until all are connected.
func Start(args ...string) (*Process, error) {
	child, err := Run(ready, args...)
	if err != nil {
		return nil, err
	}
	return &Process{child}, nil
}

// Count has them count from now on.
func (p *Process) Count() error { return p.Say(count) }

// Report ends the process.
func (p *Process) Report() (r Report, err error) {
	if err = p.Ask(sum, &r); err != nil {
		return r, errors.Join(err, p.Kill())
	}
	if r.Error != "" {
		err = fmt.Errorf("a client failed: %s", r.Error)
	}
	return r, errors.Join(err, p.cmd.Wait())
}
