package logs

import (
	"slices"

	"golang.org/x/sys/unix"
)

// drain waits until streams have moved a number of bytes. Not until the pipes
// are empty: a process that outlives the service might never let them be.
type drain struct {
	want map[*stream]uint64 // what moved must reach
	done chan struct{}
}

func (m *Mover) drain(dir string) *drain {
	d := &drain{want: map[*stream]uint64{}, done: make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.streams {
		if t.Dir != dir || t.ended {
			continue
		}
		n, err := t.waiting()
		if err == nil && n+len(t.pending) > 0 {
			d.want[t] = t.moved + uint64(n+len(t.pending))
		}
	}
	if len(d.want) == 0 {
		close(d.done)
	} else {
		m.drains = append(m.drains, d)
	}
	return d
}

// waiting is how many bytes are in the pipe.
func (t *stream) waiting() (int, error) {
	return unix.IoctlGetInt(t.pipe, unix.TIOCINQ) // FIONREAD
}

// empty reports that all bytes of dir are in the files. A splice counts bytes
// as waiting until the file has them.
func (m *Mover) empty(dir string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.streams {
		if t.Dir != dir {
			continue
		}
		// In this order: what has been read and not written was read by copying.
		if n, err := t.waiting(); err != nil || n > 0 || t.copying.Load() {
			return false
		}
	}
	return !m.closed
}

// satisfy tells the drains that t has moved; empty: that nothing is left in it
// (a service can take bytes out of its own pipe).
func (m *Mover) satisfy(t *stream, empty bool) {
	for _, d := range slices.Clone(m.drains) {
		if want, ok := d.want[t]; !ok || (!empty && t.moved < want) {
			continue
		}
		delete(d.want, t)
		if len(d.want) == 0 {
			close(d.done)
			m.forget(d)
		}
	}
}

func (m *Mover) forget(d *drain) {
	m.drains = slices.DeleteFunc(m.drains, func(x *drain) bool { return x == d })
}
