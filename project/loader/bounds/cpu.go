package bounds

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/cpulist"
	"github.com/mocker-compose/mocker-compose/project"
)

// Bounds of docker and the kernel.
const (
	leastShares, mostShares = 2, 262144
	leastQuota              = 1000 // µs
	mostPeriod              = 1_000_000
	leastCPUs               = 10_000_000 // billionths: with docker's period, the least quota
)

// cpu holds the limits of processor time against docker's rules.
func (b *converter) cpu() error {
	r := b.r
	cpus := b.key("deploy.resources.limits.cpus", "cpus")
	switch {
	case r.NanoCPUs != 0 && (r.CPUQuota != 0 || r.CPUPeriod != 0):
		return b.fault(b.key("cpu_quota", "cpu_period"), "remove one of them", cpus+" says the same in another way")
	case r.NanoCPUs != 0 && r.NanoCPUs < leastCPUs:
		return b.fault(cpus, "write 0.01 or more", project.CPUs(r.NanoCPUs)+" is too little")
	case r.CPUShares < 0:
		return b.fault("cpu_shares", "write 2 to 262144", "negative")
	case r.CPUPeriod != 0 && (r.CPUPeriod < leastQuota || r.CPUPeriod > mostPeriod):
		return b.fault("cpu_period", "it is in microseconds: write 1000 to 1000000", fmt.Sprintf("%d is not possible", r.CPUPeriod))
	case r.CPUQuota > 0 && r.CPUQuota < leastQuota, r.CPUQuota < -1:
		return b.fault("cpu_quota", "it is in microseconds: write 1000 or more, or -1 for no limit", fmt.Sprintf("%d is not possible", r.CPUQuota))
	}
	if r.CPUShares != 0 {
		b.clampShares()
	}
	if n := len(cpulist.Online()); r.NanoCPUs > int64(n)*1e9 && !b.src.Tolerant() {
		return b.fault(cpus, fmt.Sprintf("write 0.01 to %d", n), fmt.Sprintf("%s processors are more than this machine has: %d", cpusText(r.NanoCPUs), n))
	}
	return nil
}

// cpusText has no figure for what is beyond all figures.
func cpusText(nano int64) string {
	if nano > 1e15 {
		return "so many"
	}
	return project.CPUs(nano)
}

// clampShares brings shares into the range that there is, as docker does.
func (b *converter) clampShares() {
	want := b.r.CPUShares
	b.r.CPUShares = min(max(want, leastShares), mostShares)
	if b.r.CPUShares != want {
		b.src.Degraded(fmt.Sprintf("shares are from %d to %d: it is %d", leastShares, mostShares, b.r.CPUShares), b.at("cpu_shares")...)
	}
}

// cpuset wants processors that there are.
func (b *converter) cpuset(text string) error {
	if text == "" {
		return nil
	}
	set, err := cpulist.Parse(text)
	if err != nil {
		return b.fault("cpuset", `write numbers and ranges: "0-2,4"`, err.Error())
	}
	have := cpulist.Online()
	for _, n := range set {
		if !b.src.Tolerant() && !slices.Contains(have, n) {
			return b.fault("cpuset", "this machine has "+cpulist.Format(have), fmt.Sprintf("there is no processor %d", n))
		}
	}
	b.r.Cpuset = cpulist.Format(set)
	b.wrote("cpuset")
	return nil
}
