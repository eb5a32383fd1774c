package cgroup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func ptr[T any](v T) *T { return &v }

// text is a line for each wish that says something: what is asked for, and what
// is put back to what it was.
func text(list []wish) string {
	var b strings.Builder
	for _, w := range list {
		switch {
		case w.err != nil:
			fmt.Fprintf(&b, "%s: %v\n", w.file, w.err)
		case w.asked:
			fmt.Fprintf(&b, "%s %s\n", w.file, w.value)
		case w.value != w.initial:
			fmt.Fprintf(&b, "(%s %s)\n", w.file, w.value)
		}
	}
	return b.String()
}

func TestWishes(t *testing.T) {
	throttle := func(major, minor int64, rate uint64) specs.LinuxThrottleDevice {
		d := specs.LinuxThrottleDevice{Rate: rate}
		d.Major, d.Minor = major, minor
		return d
	}
	weight := specs.LinuxWeightDevice{Weight: ptr(uint16(1000))}
	weight.Major, weight.Minor = 8, 16
	const share = "(cpu.weight 39)\n"
	for _, c := range []struct {
		name string
		r    *specs.LinuxResources
		want string
	}{
		{"nothing", nil, share},
		{"memory", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(100 << 20))}}, "memory.max 104857600\n" + share},
		{"memory and swap", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(100)), Swap: ptr(int64(250))}}, "memory.swap.max 150\nmemory.max 100\n" + share},
		{"no swap", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(100)), Swap: ptr(int64(100))}}, "memory.swap.max 0\nmemory.max 100\n" + share},
		{"unlimited swap", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(100)), Swap: ptr(int64(-1))}}, "memory.max 100\n" + share},
		{"unlimited", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(-1))}, Pids: &specs.LinuxPids{Limit: ptr(int64(-1))}}, share},
		{"swap below memory", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(100)), Swap: ptr(int64(99))}},
			"memory.swap.max: memory and swap together, 99 bytes, is less than the memory alone, 100\nmemory.max 100\n" + share},
		{"swap alone", &specs.LinuxResources{Memory: &specs.LinuxMemory{Swap: ptr(int64(99))}},
			"memory.swap.max: a limit of memory and swap together needs one of memory\n" + share},
		{"reservation", &specs.LinuxResources{Memory: &specs.LinuxMemory{Reservation: ptr(int64(64))}}, "memory.low 64\n" + share},
		{"cpu", &specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: ptr(int64(20000)), Period: ptr(uint64(100000)), Shares: ptr(uint64(512))}}, "cpu.max 20000 100000\ncpu.weight 20\n"},
		{"quota alone", &specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: ptr(int64(20000))}}, "cpu.max 20000 100000\n" + share},
		{"period alone", &specs.LinuxResources{CPU: &specs.LinuxCPU{Period: ptr(uint64(50000))}}, "cpu.max max 50000\n" + share},
		{"no quota", &specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: ptr(int64(-1))}}, share},
		{"burst, idle, cpuset", &specs.LinuxResources{CPU: &specs.LinuxCPU{Burst: ptr(uint64(5)), Idle: ptr(int64(1)), Cpus: "0-1", Mems: "0"}},
			share + "cpu.max.burst 5\ncpu.idle 1\ncpuset.cpus 0-1\ncpuset.mems 0\n"},
		{"pids", &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(4096))}}, share + "pids.max 4096\n"},
		{"io", &specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{
			Weight: ptr(uint16(500)), WeightDevice: []specs.LinuxWeightDevice{weight},
			ThrottleReadBpsDevice:   []specs.LinuxThrottleDevice{throttle(8, 16, 1048576), throttle(8, 0, 7)},
			ThrottleWriteIOPSDevice: []specs.LinuxThrottleDevice{throttle(8, 16, 100)},
			ThrottleWriteBpsDevice:  []specs.LinuxThrottleDevice{throttle(8, 32, 0)},
		}}, share + "io.weight default 4950\nio.weight 8:16 10000\nio.max 8:0 rbps=7\nio.max 8:16 rbps=1048576 wiops=100\n"},
		{"huge pages", &specs.LinuxResources{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 4}}}, share + "hugetlb.2MB.max 4\n"},
		{"the kernel's words", &specs.LinuxResources{
			Memory:  &specs.LinuxMemory{Limit: ptr(int64(100))},
			Unified: map[string]string{"memory.high": "50\n", "memory.max": "90", "cpu.uclamp.min": "1", "../memory.max": "1", "cgroup.freeze": "1"},
		}, "memory.max 90\nmemory.high 50\n" + share +
			"../memory.max: \"../memory.max\" is no name of a file of a cgroup\ncgroup.freeze: cgroup.freeze is not a limit\ncpu.uclamp.min 1\n"},
	} {
		if got := text(wishes(c.r)); got != c.want {
			t.Errorf("%s:\n%swant:\n%s", c.name, got, c.want)
		}
	}
}

// What is taken away is put back, so every ordinary file is always in the list.
func TestWishesAreComplete(t *testing.T) {
	var files []string
	for _, w := range wishes(nil) {
		files = append(files, w.file)
	}
	for _, f := range []string{"memory.max", "memory.high", "memory.low", "memory.swap.max", "cpu.max", "cpu.weight", "cpuset.cpus", "pids.max"} {
		if !slices.Contains(files, f) {
			t.Errorf("%s is not put back", f)
		}
	}
}

func TestWeights(t *testing.T) {
	for shares, want := range map[uint64]uint64{0: 1, 2: 1, 512: 20, 1024: 39, 2048: 79, 262144: 10000, 1 << 40: 10000} {
		if got := weightOf(shares); got != want {
			t.Errorf("%d shares are %d, want %d", shares, got, want)
		}
	}
	if weightOf(1024) != defaultWeight {
		t.Error("a container without shares differs from one with 1024")
	}
	for w, want := range map[uint16]uint64{0: 1, 10: 1, 100: 910, 1000: 10000, 5000: 10000} {
		if got := ioWeight(w); got != want {
			t.Errorf("weight %d is %d, want %d", w, got, want)
		}
	}
	for w := uint16(10); w <= 1000; w++ {
		if got := bfqWeight(ioWeight(w)); got > uint64(w) || got+1 < uint64(w) {
			t.Errorf("weight %d comes back as %d", w, got)
		}
	}
}

func TestFormer(t *testing.T) {
	for _, c := range []struct{ file, line, want string }{
		{"io.max", "8:0 rbps=1 wbps=max", "8:0 rbps=max wbps=max riops=max wiops=max"},
		{"io.weight", "8:0 50", "8:0 default"},
		{"io.weight", "default 50", "default 100"},
		{"io.weight", "default 100", ""},
		{"io.max", "", ""},
	} {
		dev, now, _ := strings.Cut(c.line, " ")
		w, ok := former(c.file, dev, now)
		if !ok {
			w.value = ""
		}
		if w.value != c.want {
			t.Errorf("%s %q: %q, want %q", c.file, c.line, w.value, c.want)
		}
	}
}

// A limit of a device that is still wished for is not taken back, whichever file it
// was written to.
func TestWished(t *testing.T) {
	list := []wish{{file: "io.weight", value: "default 4950"}, {file: "io.max", value: "8:0 rbps=7"}}
	for _, c := range []struct {
		file, dev string
		want      bool
	}{
		{"io.max", "8:0", true}, {"io.max", "8:16", false}, {"io.max", "8:", false}, {"io.weight", "default", true},
		{"io.weight", "8:0", false}, {"io.bfq.weight", "default", true}, {"io.bfq.weight", "8:0", false},
	} {
		if got := wished(list, c.file, c.dev); got != c.want {
			t.Errorf("%s of %s: %v", c.file, c.dev, got)
		}
	}
}
