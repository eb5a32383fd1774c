package tty

import (
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Is reports that f is a terminal. Not by f.Fd, which would make the
// file blocking.
func Is(f *os.File) bool {
	_, err := window(f)
	return err == nil
}

// Size is the size of a terminal, in characters; 0, 0 if f is none.
func Size(f *os.File) (rows, cols uint16) {
	ws, err := window(f)
	if err != nil {
		return 0, 0
	}
	return ws.Row, ws.Col
}

func window(f *os.File) (ws *unix.Winsize, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	if cerr := raw.Control(func(fd uintptr) { ws, err = unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ) }); cerr != nil {
		return nil, cerr
	}
	return ws, err
}

// Terminal joins our terminal with the master of a container's. A nil one
// does nothing.
type Terminal struct {
	in, out, master *os.File
	saved           *term.State
	resize          chan os.Signal
	output          *copier
}

// Open makes our terminal raw and starts copying; it takes the master over.
func Open(in, out, master *os.File) (*Terminal, error) {
	output, err := startCopier(master, out)
	if err != nil {
		master.Close()
		return nil, err
	}
	saved, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		output.finish()
		master.Close()
		return nil, fmt.Errorf("make the terminal raw: %w", err)
	}
	t := &Terminal{in: in, out: out, master: master, saved: saved, resize: make(chan os.Signal, 1), output: output}
	signal.Notify(t.resize, unix.SIGWINCH)
	t.fit()
	go func() {
		for range t.resize {
			t.fit()
		}
	}()
	// This one ends with the process: a read of the user's terminal cannot be
	// interrupted.
	go func() { _, _ = io.Copy(master, in) }()
	return t, nil
}

// fit gives the container's terminal our size.
func (t *Terminal) fit() {
	ws, err := window(t.out)
	if err != nil {
		return
	}
	raw, err := t.master.SyscallConn()
	if err != nil {
		return
	}
	// Fails only after close, when nobody looks.
	_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, ws) })
}

// Drain waits until all output of an ended command is printed.
func (t *Terminal) Drain() {
	if t != nil {
		t.output.finish()
	}
}

// Close gives the terminal back as it was found.
func (t *Terminal) Close() {
	if t == nil {
		return
	}
	signal.Stop(t.resize)
	close(t.resize)
	t.output.finish()
	_ = term.Restore(int(t.in.Fd()), t.saved) // fails only if the terminal is gone
	t.master.Close()
}
