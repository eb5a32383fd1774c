package tty

import (
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Console is our terminal while it serves a container's: what is typed goes to
// the master, and its size follows ours. What the container shows comes by its
// log. A nil console does nothing.
type Console struct {
	in, out, master *os.File
	saved           *term.State // nil: our terminal was not made raw
	resize          chan os.Signal
	detached        chan struct{} // see Detached
}

// OpenConsole takes the master over. With input, our terminal becomes raw; what
// is typed is passed on from start on.
func OpenConsole(in, out, master *os.File, input bool) (*Console, error) {
	c := &Console{in: in, out: out, master: master, resize: make(chan os.Signal, 1), detached: make(chan struct{})}
	if input && Is(in) {
		saved, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			master.Close()
			return nil, fmt.Errorf("make the terminal raw: %w", err)
		}
		c.saved = saved
	}
	signal.Notify(c.resize, unix.SIGWINCH)
	fit(out, master)
	go func() {
		for range c.resize {
			fit(out, master)
		}
	}()
	return c, nil
}

// Start begins to pass on what is typed, until the detach keys.
func (c *Console) Start(keys []byte) { go c.read(&detacher{keys: keys}) }

// Detached is closed when the user has typed the detach keys, or the terminal was closed.
func (c *Console) Detached() <-chan struct{} { return c.detached }

// read ends with the process: a read of the user's terminal cannot be
// interrupted.
func (c *Console) read(d *detacher) {
	buf := make([]byte, 4096)
	for {
		n, err := c.in.Read(buf)
		found, werr := d.pass(c.master, buf[:n])
		if found || err != nil && c.saved != nil { // the keys, or the terminal has been closed
			close(c.detached)
			return
		}
		if err != nil || werr != nil {
			return
		}
	}
}

// Redraw makes what runs inside draw its screen again: it is told another size
// and then the right one.
func (c *Console) Redraw() {
	rows, cols := Size(c.out)
	if rows > 1 {
		setSize(c.master, rows-1, cols)
	}
	fit(c.out, c.master)
}

// Close gives our terminal back as it was found.
func (c *Console) Close() {
	if c == nil {
		return
	}
	signal.Stop(c.resize)
	close(c.resize)
	if c.saved != nil {
		_ = term.Restore(int(c.in.Fd()), c.saved) // fails only if the terminal is gone
	}
	c.master.Close()
}

// fit gives a container's terminal the size of ours.
func fit(ours, master *os.File) {
	if rows, cols := Size(ours); rows > 0 && cols > 0 {
		setSize(master, rows, cols)
	}
}

func setSize(master *os.File, rows, cols uint16) {
	raw, err := master.SyscallConn()
	if err != nil {
		return
	}
	// Fails only after close, when nobody looks.
	_ = raw.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
	})
}
