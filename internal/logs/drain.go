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
	for _, t := range m.streams {
		if t.Dir != dir || t.ended {
			continue
		}
		n, err := unix.IoctlGetInt(t.pipe, unix.TIOCINQ) // FIONREAD
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
