package loader_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// FuzzResources: whatever the values, they are refused at their line, or make limits
// that the kernel can have and that do not contradict each other.
func FuzzResources(f *testing.F) {
	for _, s := range [][6]string{
		{"100m", "200m", "50m", "0.5", "50", "0"}, {"-1", "-1", "", "1e9", "-1", "0-"}, {"9223372036854775807", "8eb", "1.5", ".1", "0", ","},
		{"6m", "-2", "99999999999999999999", "NaN", "9e99", "0-8191"}, {"0x10", "1_000", "6MB", "inf", "0o7", "1,0"}, {"~", "null", "true", "[]", "{}", "!!int 5"},
	} {
		f.Add(s[0], s[1], s[2], s[3], s[4], s[5])
	}
	f.Fuzz(func(t *testing.T, memory, swap, reservation, cpus, pids, cpuset string) {
		text := "services:\n  a:\n    command: x\n"
		for _, kv := range [][2]string{{"mem_limit", memory}, {"memswap_limit", swap}, {"mem_reservation", reservation}, {"cpus", cpus}, {"pids_limit", pids}, {"cpuset", strconv.Quote(cpuset)}} {
			if kv[1] != "" && kv[1] != `""` {
				text += "    " + kv[0] + ": " + kv[1] + "\n"
			}
		}
		l, err := load(t, tree(t, "compose.yaml", text))
		var e *loader.Error
		if err != nil {
			if !errors.As(err, &e) || e.Message == "" || e.Line == 0 && len(text) < 10_000 && e.File != "compose.yaml" {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		s, ok := l.Project.Service("a")
		if !ok {
			return // a value had a line break in it
		}
		check(t, s.Resources)
	})
}

// check wants limits that can be had.
func check(t *testing.T, r project.Resources) {
	t.Helper()
	const least = 6 << 20
	for what, ok := range map[string]bool{
		"memory":               r.Memory == 0 || r.Memory >= least,
		"swap":                 r.MemorySwap == 0 || r.MemorySwap == -1 || r.Memory > 0 && r.MemorySwap >= r.Memory,
		"reservation":          r.MemoryReservation == 0 || r.MemoryReservation >= least && (r.Memory == 0 || r.MemoryReservation <= r.Memory),
		"memory_high":          r.MemoryHigh == 0 || r.MemoryHigh >= least && (r.Memory == 0 || r.MemoryHigh < r.Memory),
		"cpus":                 r.NanoCPUs == 0 || r.NanoCPUs >= 1e7 && r.NanoCPUs <= 8192e9,
		"cpus and a quota":     r.NanoCPUs == 0 || r.CPUQuota == 0 && r.CPUPeriod == 0,
		"shares":               r.CPUShares == 0 || r.CPUShares >= 2 && r.CPUShares <= 262144,
		"quota":                r.CPUQuota >= -1 && (r.CPUQuota <= 0 || r.CPUQuota >= 1000),
		"period":               r.CPUPeriod == 0 || r.CPUPeriod >= 1000 && r.CPUPeriod <= 1e6,
		"pids":                 r.Pids >= -1,
		"keys without a limit": len(r.Keys) == 0 || !r.Same(project.Resources{}),
	} {
		if !ok {
			t.Errorf("%s: %+v", what, r)
		}
	}
}
