package limits

import (
	"math"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/project"
)

// cpuPeriod is the period of a quota that docker makes of a number of processors,
// and the kernel's own, in microseconds.
const cpuPeriod = 100_000

// OCI is what the limits are as the OCI runtime specification has them (config-linux,
// "Control groups"), for a cgroup that is new: what is not limited is left out.
// memory.high, which the specification has no field for, is in Unified.
func OCI(r project.Resources) *specs.LinuxResources {
	out := &specs.LinuxResources{Memory: memory(r), CPU: cpu(r), Pids: pids(r), BlockIO: blockIO(r.BlkIO)}
	if r.MemoryHigh > 0 {
		out.Unified = map[string]string{"memory.high": strconv.FormatInt(r.MemoryHigh, 10)}
	}
	return out
}

// memory has the swap as docker has it: nothing said is as much again as memory.
func memory(r project.Resources) *specs.LinuxMemory {
	var m specs.LinuxMemory
	if r.Memory > 0 {
		m.Limit = &r.Memory
		swap := r.MemorySwap
		switch {
		case swap == 0 && r.Memory > math.MaxInt64/2:
			swap = -1
		case swap == 0:
			swap = 2 * r.Memory
		}
		m.Swap = &swap
	}
	if r.MemoryReservation > 0 {
		m.Reservation = &r.MemoryReservation
	}
	if m == (specs.LinuxMemory{}) {
		return nil
	}
	return &m
}

// cpu makes a quota of a number of processors.
func cpu(r project.Resources) *specs.LinuxCPU {
	c := specs.LinuxCPU{Cpus: r.Cpuset}
	if r.CPUShares > 0 {
		shares := uint64(r.CPUShares)
		c.Shares = &shares
	}
	period := uint64(cpuPeriod)
	quota := r.CPUQuota
	if r.CPUPeriod > 0 {
		period = uint64(r.CPUPeriod)
	}
	if r.NanoCPUs > 0 {
		// The kernel's least quota is a millisecond (kernel/sched/core.c, min_cfs_quota_period).
		quota = max(r.NanoCPUs*cpuPeriod/1e9, 1000)
	}
	if quota > 0 {
		c.Quota, c.Period = &quota, &period
	}
	if c == (specs.LinuxCPU{}) {
		return nil
	}
	return &c
}

func pids(r project.Resources) *specs.LinuxPids {
	limit := r.Pids
	switch {
	case limit < 0:
		return nil
	case limit == 0:
		limit = project.DefaultPids
	}
	return &specs.LinuxPids{Limit: &limit}
}

func blockIO(b project.BlkIO) *specs.LinuxBlockIO {
	var out specs.LinuxBlockIO
	if b.Weight > 0 {
		out.Weight = &b.Weight
	}
	for _, d := range b.WeightDevice {
		w := specs.LinuxWeightDevice{Weight: &d.Weight}
		w.Major, w.Minor = d.Major, d.Minor
		out.WeightDevice = append(out.WeightDevice, w)
	}
	out.ThrottleReadBpsDevice, out.ThrottleWriteBpsDevice = throttles(b.ReadBps), throttles(b.WriteBps)
	out.ThrottleReadIOPSDevice, out.ThrottleWriteIOPSDevice = throttles(b.ReadIOps), throttles(b.WriteIOps)
	if out.Weight == nil && len(out.WeightDevice)+len(b.ReadBps)+len(b.WriteBps)+len(b.ReadIOps)+len(b.WriteIOps) == 0 {
		return nil
	}
	return &out
}

func throttles(list []project.DeviceRate) (out []specs.LinuxThrottleDevice) {
	for _, d := range list {
		t := specs.LinuxThrottleDevice{Rate: d.Rate}
		t.Major, t.Minor = d.Major, d.Minor
		out = append(out, t)
	}
	return out
}
