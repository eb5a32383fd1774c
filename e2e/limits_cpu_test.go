package e2e

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"
)

// measuredFor is how long a share of the processor is measured.
const measuredFor = 5 * time.Second

// usage is the processor time that the kernel has counted for a cgroup.
func usage(dir string) time.Duration {
	return time.Duration(cgroupCount(dir, "cpu.stat", "usage_usec")) * time.Microsecond
}

// steadily gives a measurement further chances: other work of the machine can only
// disturb it. It is the kernel's own count that is looked at, not our speed.
func steadily(t *testing.T, what string, want, within float64, measure func() float64) {
	t.Helper()
	var got float64
	for range 4 {
		got = measure()
		t.Logf("%s: %.3f, want %.3f within %.0f%%", what, got, want, within*100)
		if math.Abs(got-want) <= within*want {
			return
		}
	}
	t.Errorf("%s is %.3f, want %.3f within %.0f%%", what, got, want, within*100)
}

// cpus is the share of one processor that a service gets: as its cgroup counts it,
// and as its processes do.
func TestLimitsCPUs(t *testing.T) {
	needControllers(t, "cpu")
	s := begin(t, `
services:
  fifth: { command: ./probe burn 2 0s, cpus: 0.2 }
  quota: { command: ./probe burn 1 0s, cpu_quota: 15000, cpu_period: 50000, profiles: [more] }
  deployed: { command: ./probe burn 1 0s, deploy: { resources: { limits: { cpus: '0.25' } } }, profiles: [more] }
`)
	for service, share := range map[string]float64{"fifth": 0.2, "quota": 0.3, "deployed": 0.25} {
		s.must("up", "-d", service)
		s.eventually(service+" burns", func() bool { return s.logged(service, "burning") })
		dir := s.group(service)
		steadily(t, service+", by its cgroup", share, 0.15, func() float64 {
			begun, used := time.Now(), usage(dir)
			time.Sleep(measuredFor)
			used = usage(dir) - used
			return used.Seconds() / time.Since(begun).Seconds()
		})
		if n := cgroupCount(dir, "cpu.stat", "nr_throttled"); n < 10 {
			t.Errorf("%s was throttled %d times", service, n)
		}
		s.must("stop", "-t", "0", service)
	}
	// The processes' own count begins with their start.
	steadily(t, "what a process counts for itself", 0.2, 0.15, func() (share float64) {
		out := s.must("run", "-T", "--rm", "fifth", "./probe", "burn", "1", "6s")
		if _, after, ok := strings.Cut(out, "share "); ok {
			_, _ = fmt.Sscanf(after, "%f", &share) // 0 is told
		}
		return share
	})
}

// cpu_shares is how services share what is not enough for all.
func TestLimitsCPUShares(t *testing.T) {
	needControllers(t, "cpu")
	s := begin(t, fmt.Sprintf(`
services:
  big: { command: ./probe burn %d 0s, cpu_shares: 2048 }
  small: { command: ./probe burn %d 0s, cpu_shares: 1024 }
`, runtime.NumCPU(), runtime.NumCPU()))
	s.must("up", "-d")
	for _, name := range []string{"big", "small"} {
		s.eventually(name+" burns", func() bool { return s.logged(name, "burning") })
	}
	big, small := s.group("big"), s.group("small")
	steadily(t, "2048 shares against 1024", 2, 0.2, func() float64 {
		b, l := usage(big), usage(small)
		time.Sleep(measuredFor)
		return (usage(big) - b).Seconds() / (usage(small) - l).Seconds()
	})
}

// cpuset keeps a service on its processors, by the controller where there is one.
func TestLimitsCPUSet(t *testing.T) {
	needControllers(t, "cpu")
	s := begin(t, "services:\n  a: { command: ./probe pause, cpuset: '0' }\n")
	s.must("up", "-d")
	for way, got := range map[string]string{
		"start": s.must("exec", "-T", "a", "grep", "Cpus_allowed_list", "/proc/1/status"),
		"exec":  s.must("exec", "-T", "a", "grep", "Cpus_allowed_list", "/proc/self/status"),
	} {
		if f := strings.Fields(got); len(f) != 2 || f[1] != "0" {
			t.Errorf("%s: %q, want processor 0 alone", way, got)
		}
	}
	if strings.Contains(cgroupFile(s.tree(), "cgroup.controllers"), "cpuset") {
		if got := cgroupFile(s.group("a"), "cpuset.cpus"); got != "0" {
			t.Errorf("cpuset.cpus is %q", got)
		}
	}
}
