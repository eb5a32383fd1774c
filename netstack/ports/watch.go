package ports

import (
	"net/netip"
	"time"
)

const (
	firstLook = time.Millisecond
	// lastLook bounds how long after its first listen(2) a service is refused
	// still; rarely, for a service that seems not to want to listen at all.
	lastLook, patient = 10 * time.Millisecond, time.Minute
	rarely            = 100 * time.Millisecond
	// trialEvery is how often a connection is tried while no socket listens: a
	// container may pass the port on by rules of its own.
	trialEvery = time.Second
)

// watch waits for somebody behind the door to listen: the kernel has no event for
// that, so it looks, at first often and then after ever longer times. d.mu is held.
func (d *door) watch() {
	if d.watched || d.ctx.Err() != nil {
		return
	}
	d.watched = true
	d.t.wg.Go(d.look)
}

func (d *door) look() {
	seen := map[string]*listeners{}
	defer func() {
		for _, l := range seen {
			l.close()
		}
	}()
	start, trial := time.Now(), time.Now()
	for {
		members, done := d.waiting()
		if done {
			return
		}
		try := time.Since(trial) >= trialEvery
		if try {
			trial = time.Now()
		}
		for _, m := range members {
			if d.answers(m, seen, try) {
				d.letIn()
			}
		}
		select {
		case <-time.After(pause(time.Since(start))):
		case <-d.hint:
		case <-d.ctx.Done():
		}
	}
}

// pause is the time between two looks.
func pause(age time.Duration) time.Duration {
	if age > patient {
		return rarely
	}
	return min(max(firstLook, age/10), lastLook)
}

// waiting lists those who may begin to listen; done says that nobody needs to
// look any more.
func (d *door) waiting() (list []*member, done bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.members) == 0 || d.state == open || d.ctx.Err() != nil {
		d.watched = false
		return nil, true
	}
	return d.members, false
}

// answers tells whether a container listens at the port, by the kernel's list of
// sockets or, with try, by a connection.
func (d *door) answers(m *member, seen map[string]*listeners, try bool) bool {
	w := m.wayFor(netip.AddrPort{}, d.t.w.Returns)
	l := seen[m.ID]
	if l == nil {
		l = openListeners(d.t.w, m.NS)
		seen[m.ID] = l
	}
	if l.has(w.to) || m.IPv6.IsValid() && l.has(netip.AddrPortFrom(m.IPv6, m.Port)) {
		return true
	}
	if !try && l.known() {
		return false
	}
	f, err := d.t.connect(w, trialEvery/4)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
