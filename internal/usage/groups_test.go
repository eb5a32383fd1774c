package usage

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
)

// counters are cgroups in memory; a run without one has none.
type counters struct {
	samples map[string]cgroup.Sample
	open    []string
}

func (c *counters) Sample(_ context.Context, run string) (cgroup.Sample, bool, error) {
	s, ok := c.samples[run]
	switch {
	case run == "broken/1":
		return s, false, errors.New("it is no more")
	case ok:
		c.open = append(c.open, run)
	}
	return s, ok, nil
}

func (c *counters) Rest(run string) {
	c.open = slices.DeleteFunc(c.open, func(o string) bool { return o == run })
}

func TestGroupsCount(t *testing.T) {
	before := monotonic()
	all := cgroup.Sample{
		At:  time.Now(),
		CPU: cgroup.CPUSample{Usage: time.Minute}, Memory: &cgroup.MemorySample{Current: 100, InactiveFile: 30, Limit: 1000},
		Pids: &cgroup.PidsSample{Current: 4}, IO: &cgroup.IOSample{ReadBytes: 5, WriteBytes: 6},
		CPUPressure: &cgroup.Pressure{Some: cgroup.Stall{Avg10: 1.5, Total: time.Second}},
	}
	odd := cgroup.Sample{Memory: &cgroup.MemorySample{Current: 10, InactiveFile: 30, Limit: cgroup.Max}}
	m := NewMeter(&counters{samples: map[string]cgroup.Sample{"a/1": all, "b/1": odd}})
	list := []api.Usage{{Run: "a/1", MemoryLimit: 5000}, {Run: "b/1", MemoryLimit: 5000}, {Run: "c/1"}, {Run: "broken/1"}}
	m.count(context.Background(), list)
	a, b := list[0], list[1]
	if *a.CPU != time.Minute || *a.Memory != 70 || a.MemoryLimit != 1000 || *a.PIDs != 4 || *a.Read != 5 || *a.Written != 6 || a.At < before || a.At > monotonic() || a.Summed != nil {
		t.Errorf("all controllers: %+v", a)
	}
	if p := a.Pressure; p == nil || *p.CPU != (api.Stall{Avg10: 1.5, Total: time.Second}) || p.Memory != nil {
		t.Errorf("pressure: %+v", p)
	}
	// Without a limit it is the machine's; what is read at two instants is never negative.
	if *b.Memory != 0 || b.MemoryLimit != 5000 || b.PIDs != nil || b.Read != nil || b.Pressure != nil || !lacks(&b) || lacks(&a) {
		t.Errorf("memory alone: %+v", b)
	}
	for _, u := range list[2:] {
		if u.CPU != nil || u.At != 0 {
			t.Errorf("no group: %+v", u)
		}
	}
}

// No more files stay open than a share of what the process may have, and none when
// nobody looks any more.
func TestFilesAreGivenBack(t *testing.T) {
	c := &counters{samples: map[string]cgroup.Sample{"a/1": {}, "b/1": {}, "c/1": {}}}
	m := NewMeter(c)
	m.files = 2*filesPerRun + 1
	m.count(context.Background(), []api.Usage{{Run: "a/1"}, {Run: "b/1"}, {Run: "c/1"}})
	if !slices.Equal(c.open, []string{"a/1", "b/1"}) {
		t.Errorf("open: %q", c.open)
	}
	m.scan.known = map[int]process{1: {}}
	m.rest()
	if len(c.open) > 0 || len(m.held) > 0 || m.scan.known != nil {
		t.Errorf("open after the last look: %q", c.open)
	}
}

// A container without a group is summed up beside others that have one.
func TestOneWithoutAGroup(t *testing.T) {
	full := cgroup.Sample{Memory: &cgroup.MemorySample{}, Pids: &cgroup.PidsSample{}, IO: &cgroup.IOSample{}}
	m := NewMeter(&counters{samples: map[string]cgroup.Sample{"a/1": full}})
	self := pidfdOf(t, os.Getpid())
	list, err := m.Read(context.Background(), []Subject{
		{Name: "a", Run: "a/1"}, // nobody needs its processes
		{Name: "b", Run: "b/1", Pidfd: self, Shared: true},
		{Name: "c", Run: "c/1", Pidfd: ended(t)},
	})
	if err != nil || list[0].Summed != nil || *list[0].PIDs != 0 || !slices.Contains(list[1].Summed, "cpu") || *list[1].PIDs == 0 || list[2].CPU != nil {
		t.Errorf("%+v, %v", list, err)
	}
	if m.idle == nil || !m.idle.Stop() {
		t.Error("what is open is not closed when nobody looks any more")
	}
}
