package usage

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
)

const (
	// filesPerRun is how many a group keeps open between two samples, at most.
	filesPerRun = 8
	// share is the part of the process's descriptors that they may have together.
	share = 8
	// patience bounds the wait for the project's place among the cgroups, which is
	// being looked for when a supervisor has just begun.
	patience = time.Second
	// restAfter is how long after the last look the files are closed.
	restAfter = 5 * time.Second
)

// count enters what cgroups have counted.
func (m *Meter) count(ctx context.Context, list []api.Usage) {
	if m.counter == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m.held = m.held[:0]
	for i := range list {
		u := &list[i]
		s, ok, err := m.counter.Sample(ctx, u.Run)
		if !ok || err != nil {
			continue // it has none, or has just ended
		}
		enter(u, &s, m.clock.at(s.At))
		if (len(m.held)+1)*filesPerRun > m.files {
			m.counter.Rest(u.Run)
		} else {
			m.held = append(m.held, u.Run)
		}
	}
}

// restLater arranges that nothing stays open, or is remembered of the machine's
// processes, when nobody looks any more.
func (m *Meter) restLater() {
	if m.idle == nil {
		m.idle = time.AfterFunc(restAfter, m.rest)
	} else {
		m.idle.Reset(restAfter)
	}
}

// rest closes what is kept open for the next look, which does not come.
func (m *Meter) rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, run := range m.held {
		m.counter.Rest(run)
	}
	m.held, m.scan = nil, scanner{}
}

// enter takes what a sample has.
func enter(u *api.Usage, s *cgroup.Sample, at time.Duration) {
	u.At, u.CPU = at, &s.CPU.Usage
	if mem := s.Memory; mem != nil {
		used := mem.Current - min(mem.Current, mem.InactiveFile)
		u.Memory = &used
		if u.MemoryLimit == 0 || mem.Limit < u.MemoryLimit {
			u.MemoryLimit = mem.Limit
		}
	}
	if s.Pids != nil {
		u.PIDs = &s.Pids.Current
	}
	if s.IO != nil {
		u.Read, u.Written = &s.IO.ReadBytes, &s.IO.WriteBytes
	}
	p := api.Pressure{CPU: stall(s.CPUPressure), Memory: stall(s.MemoryPressure), IO: stall(s.IOPressure)}
	if p != (api.Pressure{}) {
		u.Pressure = &p
	}
}

func stall(p *cgroup.Pressure) *api.Stall {
	if p == nil {
		return nil
	}
	return &api.Stall{Avg10: p.Some.Avg10, Total: p.Some.Total}
}

// openFiles is the process's own limit of descriptors (getrlimit(2)).
func openFiles() int {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 1024
	}
	return int(min(l.Cur, 1<<20))
}
