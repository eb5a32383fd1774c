package cgroup

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// wish is the value that a file shall have.
type wish struct {
	file, value string
	// initial is what the file says if nobody has wished for anything.
	initial string
	// asked: it is told if it cannot be had. Else it is only put back in place.
	asked bool
	err   error // the wish makes no sense
}

// controller is the first part of a file's name.
func (w wish) controller() string {
	c, _, _ := strings.Cut(w.file, ".")
	return c
}

// wishes translates resources into what the files shall say, in an order in which
// they can be written. What the resources do not name has its initial value, so that
// a limit that is taken away is taken back.
func wishes(r *specs.LinuxResources) []wish {
	if r == nil {
		r = &specs.LinuxResources{}
	}
	list := memoryWishes(r.Memory)
	list = append(list, cpuWishes(r.CPU)...)
	list = append(list, pidsWish(r.Pids))
	list = append(list, ioWishes(r.BlockIO)...)
	for _, h := range r.HugepageLimits {
		list = append(list, wish{file: "hugetlb." + h.Pagesize + ".max", value: strconv.FormatUint(h.Limit, 10), initial: "max", asked: true})
	}
	return unified(list, r.Unified)
}

// unified adds what the spec says in the kernel's own words. It goes before what
// was translated.
func unified(list []wish, files map[string]string) []wish {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w := wish{file: name, value: strings.TrimSpace(files[name]), asked: true}
		if strings.ContainsAny(name, "/\x00") || !strings.Contains(name, ".") {
			w.err = fmt.Errorf("%q is no name of a file of a cgroup", name)
		} else if strings.HasPrefix(name, "cgroup.") {
			w.err = fmt.Errorf("%s is not a limit", name)
		}
		if i := slices.IndexFunc(list, func(o wish) bool { return o.file == name }); i >= 0 {
			w.initial = list[i].initial
			list[i] = w
			continue
		}
		list = append(list, w)
	}
	return list
}

func bytesOrMax(n int64) string {
	if n < 0 {
		return "max"
	}
	return strconv.FormatInt(n, 10)
}

// memoryWishes: limit is memory.max, reservation is memory.low. The spec's swap is
// memory and swap together, the kernel's is swap alone.
func memoryWishes(m *specs.LinuxMemory) []wish {
	if m == nil {
		m = &specs.LinuxMemory{}
	}
	limit := wish{file: "memory.max", value: "max", initial: "max"}
	low := wish{file: "memory.low", value: "0", initial: "0"}
	high := wish{file: "memory.high", value: "max", initial: "max"}
	swap := wish{file: "memory.swap.max", value: "max", initial: "max"}
	if m.Limit != nil && *m.Limit != 0 {
		limit.value, limit.asked = bytesOrMax(*m.Limit), *m.Limit > 0
	}
	if m.Reservation != nil && *m.Reservation > 0 {
		low.value, low.asked = bytesOrMax(*m.Reservation), true
	}
	if m.Swap != nil && *m.Swap > 0 {
		swap.asked = true
		switch {
		case m.Limit == nil || *m.Limit <= 0:
			swap.err = fmt.Errorf("a limit of memory and swap together needs one of memory")
		case *m.Swap < *m.Limit:
			swap.err = fmt.Errorf("memory and swap together, %d bytes, is less than the memory alone, %d", *m.Swap, *m.Limit)
		default:
			swap.value = bytesOrMax(*m.Swap - *m.Limit)
		}
	}
	return []wish{swap, limit, high, low}
}

// defaultWeight is the cpu.weight of 1024 shares, which is what a container has
// that asks for none.
const defaultWeight = 39

// cpuWishes: see cgroup-v2.rst, "CPU Interface Files".
func cpuWishes(c *specs.LinuxCPU) []wish {
	if c == nil {
		c = &specs.LinuxCPU{}
	}
	weight := wish{file: "cpu.weight", value: strconv.Itoa(defaultWeight), initial: "100"}
	if c.Shares != nil && *c.Shares != 0 {
		weight.value, weight.asked = strconv.FormatUint(weightOf(*c.Shares), 10), true
	}
	list := []wish{cpuMax(c), weight}
	if c.Burst != nil {
		list = append(list, wish{file: "cpu.max.burst", value: strconv.FormatUint(*c.Burst, 10), initial: "0", asked: true})
	}
	if c.Idle != nil {
		list = append(list, wish{file: "cpu.idle", value: strconv.FormatInt(*c.Idle, 10), initial: "0", asked: *c.Idle != 0})
	}
	return append(list,
		wish{file: "cpuset.cpus", value: c.Cpus, asked: c.Cpus != ""},
		wish{file: "cpuset.mems", value: c.Mems, asked: c.Mems != ""})
}

func cpuMax(c *specs.LinuxCPU) wish {
	const period = 100000 // µs, the kernel's own
	w := wish{file: "cpu.max", initial: "max 100000"}
	p, q := uint64(period), "max"
	if c.Period != nil && *c.Period != 0 {
		p, w.asked = *c.Period, true
	}
	if c.Quota != nil && *c.Quota > 0 {
		q, w.asked = strconv.FormatInt(*c.Quota, 10), true
	}
	w.value = q + " " + strconv.FormatUint(p, 10)
	return w
}

// weightOf turns shares, 2 to 262144, into a weight, 1 to 10000, in the way that
// runtimes of the OCI spec agreed upon. Siblings share in proportion to their weights.
func weightOf(shares uint64) uint64 {
	shares = min(max(shares, 2), 262144)
	return 1 + (shares-2)*9999/262142
}

func pidsWish(p *specs.LinuxPids) wish {
	w := wish{file: "pids.max", value: "max", initial: "max"}
	if p != nil && p.Limit != nil && *p.Limit > 0 {
		w.value, w.asked = strconv.FormatInt(*p.Limit, 10), true
	}
	return w
}
