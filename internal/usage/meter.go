package usage

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/processes"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
)

// bufferSize is more than any file has that is read here.
const bufferSize = 16 << 10

// Counter has the counters of the cgroups of runs: groups.Keeper.
type Counter interface {
	// Sample is what a run has used; false: it has no group.
	Sample(ctx context.Context, run string) (cgroup.Sample, bool, error)
	// Rest gives back the files that Sample keeps open.
	Rest(run string)
}

// Meter reads counters.
type Meter struct {
	counter Counter
	files   int // that may be kept open
	clock   clock

	mu   sync.Mutex
	scan scanner
	most map[string]*peak // by container
	held []string         // runs whose files are open
	idle *time.Timer      // closes them
}

// peak is the most that was seen of what may only grow.
type peak struct {
	run           string
	read, written uint64
}

// NewMeter makes a Meter.
func NewMeter(c Counter) *Meter {
	return &Meter{counter: c, files: openFiles() / share, clock: newClock()}
}

// Read tells what the subjects have used, in their order.
func (m *Meter) Read(ctx context.Context, subjects []Subject) ([]api.Usage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := machineMemory()
	list := make([]api.Usage, len(subjects))
	for i, s := range subjects {
		list[i] = api.Usage{Name: s.Name, Run: s.Run, MemoryLimit: limit}
	}
	m.count(ctx, list)
	if err := m.sumUp(subjects, list); err != nil {
		return nil, err
	}
	m.forget(subjects)
	m.restLater()
	return list, nil
}

// sumUp fills in what no cgroup has counted.
func (m *Meter) sumUp(subjects []Subject, list []api.Usage) error {
	members, err := m.scan.members(subjects, func(i int) bool { return lacks(&list[i]) })
	if err != nil {
		return err
	}
	buf := make([]byte, bufferSize)
	for i, pids := range members {
		at := monotonic()
		if total := sumOf(processes.Host, pids, buf); total.tasks > 0 {
			m.fill(&list[i], &total, at)
		}
	}
	return nil
}

// lacks reports that a figure is missing that processes can tell.
func lacks(u *api.Usage) bool {
	return u.CPU == nil || u.Memory == nil || u.PIDs == nil || u.Read == nil
}

// fill enters the sums where there is nothing else.
func (m *Meter) fill(u *api.Usage, s *sum, at time.Duration) {
	if u.CPU == nil {
		u.CPU, u.At = &s.cpu, at
		u.Summed = append(u.Summed, "cpu")
	}
	if u.Memory == nil {
		used := s.memory()
		u.Memory = &used
		u.Summed = append(u.Summed, "memory")
	}
	if u.PIDs == nil {
		u.PIDs = &s.tasks
		u.Summed = append(u.Summed, "pids")
	}
	if u.Read == nil && !s.hidden {
		p := m.peakOf(u)
		p.read, p.written = max(p.read, s.read), max(p.written, s.written)
		read, written := p.read, p.written
		u.Read, u.Written = &read, &written
		u.Summed = append(u.Summed, "io")
	}
}

func (m *Meter) peakOf(u *api.Usage) *peak {
	p := m.most[u.Name]
	if p == nil || p.run != u.Run {
		if m.most == nil {
			m.most = map[string]*peak{}
		}
		p = &peak{run: u.Run}
		m.most[u.Name] = p
	}
	return p
}

// forget gives up what is known of containers that do not run any more.
func (m *Meter) forget(subjects []Subject) {
	for name := range m.most {
		found := false
		for i := range subjects {
			found = found || subjects[i].Name == name
		}
		if !found {
			delete(m.most, name)
		}
	}
}

// machineMemory is all of the machine's, in bytes.
func machineMemory() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil { // fails only for a bad address
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}
