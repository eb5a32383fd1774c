package host

import (
	"context"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/internal/host/terminal"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// setInput remembers what feeds a container's standard input, and closes what
// did so before; nil is for a run that is over.
func (r *Runtime) setInput(c *container, f *os.File) {
	r.mu.Lock()
	old := c.input
	c.input = f
	r.mu.Unlock()
	if old != nil {
		old.Close()
	}
}

// Input is a duplicate of what feeds the container's standard input.
func (r *Runtime) Input(sc *supervisor.Container) (*os.File, error) {
	c := r.lookup(sc.Name)
	if c == nil {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.input == nil {
		return nil, nil
	}
	return wire.Duplicate(c.input)
}

// terminal makes a terminal of the host's devpts: that of the container
// does not exist yet. Its master is kept by the holder.
func (r *Runtime) terminal(c *container) (files [3]*os.File, done func(), err error) {
	master, slave, err := terminal.Open()
	if err != nil {
		return files, nil, err
	}
	if err = r.kept.Keep(kept.TTY(c.name), master); err == nil {
		err = r.showTerminal(c, master)
	}
	if err != nil {
		slave.Close()
		master.Close()
		return files, nil, err
	}
	r.setInput(c, master)
	return [3]*os.File{slave, slave, slave}, func() { slave.Close() }, nil
}

// showTerminal moves what the terminal shows into stdout's pipe.
func (r *Runtime) showTerminal(c *container, master *os.File) (err error) {
	c.shown, err = terminal.Show(master, r.output(c)[0])
	return err
}

// awaitTerminal waits until all that the run has shown on its terminal is on
// its way into the log. Its processes are gone, so the terminal has an end.
func (c *container) awaitTerminal(ctx context.Context) error {
	if c.shown == nil {
		return nil
	}
	select {
	case <-c.shown:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the terminal of container %s is still open", c.name)
	}
}
