package statscmd

import (
	"context"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// live draws a table once a second, and when the terminal gets another size.
func (v *view) live(ctx context.Context) (err error) {
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, unix.SIGWINCH)
	defer signal.Stop(resized)
	if err := v.look(ctx); err != nil {
		return err
	}
	defer func() { _, _ = v.env.Stdout.WriteString("\n") }() // the last line has none
	for tick := newTicker(interval); ; {
		if err := v.draw(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-resized:
		case <-tick.c():
			if err := v.look(ctx); err != nil {
				return err
			}
		}
	}
}

// draw shows the latest rows, with pressure if there is room for it.
func (v *view) draw() error {
	height, wide := size(v.env.Stdout)
	p := v.printer
	p.pressure = v.o.Pressure == yes || v.o.Pressure == open && v.hasPressure()
	text, err := p.text(v.rows)
	if err == nil && v.o.Pressure == open && p.pressure && wide > 0 && width(text) >= wide {
		p.pressure = false
		text, err = p.text(v.rows)
	}
	if err != nil {
		return err
	}
	if v.note != "" {
		text += v.note + "\n"
	}
	_, err = v.env.Stdout.WriteString(frame(text, height, wide))
	return err
}

func (v *view) hasPressure() bool {
	for i := range v.rows {
		if v.rows[i].Pressure != nil {
			return true
		}
	}
	return false
}

// size is that of a terminal in characters, 0 where it is not known; a negative
// height: f is none. Not by f.Fd, which would make the file blocking.
func size(f *os.File) (height, width int) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, 0
	}
	height = -1
	_ = raw.Control(func(fd uintptr) { // fails only for a closed file
		if ws, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ); err == nil {
			height, width = int(ws.Row), int(ws.Col)
		}
	})
	return height, width
}

// ticker ticks at most once in its time.
type ticker struct{ t *time.Ticker }

func newTicker(d time.Duration) ticker { return ticker{time.NewTicker(d)} }

func (t ticker) c() <-chan time.Time { return t.t.C }

func (t ticker) wait(ctx context.Context) error {
	select {
	case <-t.t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
