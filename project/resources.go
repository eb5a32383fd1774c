package project

// DefaultPids is how many processes and threads a container has at most when its
// service says nothing: enough for servers, and the end of a fork bomb.
const DefaultPids = 4096

// Resources are the bounds of what each container of a service uses, after docker's
// precedence: what deploy.resources says goes before the service's own keys. They are no
// part of [Project.Hash]: they change while the container runs.
// What the kernel makes of them is in Documentation/admin-guide/cgroup-v2.rst.
type Resources struct {
	// Memory is the most memory in bytes, the page cache of its files included
	// (memory.max): who needs more is killed. 0 = no limit.
	Memory int64 `json:"memory,omitempty"`
	// MemorySwap is the most of memory and swap together, in bytes, as docker counts
	// them (memory.swap.max is the difference). 0 = as much swap as Memory, or no
	// limit without that; -1 = no limit.
	MemorySwap int64 `json:"memory_swap,omitempty"`
	// MemoryReservation is what the kernel does not take away while there is other
	// memory to reclaim, in bytes (memory.low). 0 = nothing.
	MemoryReservation int64 `json:"memory_reservation,omitempty"`
	// MemoryHigh is from where on the container is slowed down and its memory
	// reclaimed, in bytes (memory.high; x-mocker: {memory_high: SIZE}). 0 = nowhere.
	MemoryHigh int64 `json:"memory_high,omitempty"`
	// NanoCPUs is processor time per time, in billionths of one processor (cpus;
	// cpu.max). 0 = no limit. Never together with CPUQuota or CPUPeriod.
	NanoCPUs int64 `json:"nano_cpus,omitempty"`
	// CPUQuota is processor time in microseconds per CPUPeriod (cpu.max); 0 and -1 =
	// no limit. CPUPeriod is in microseconds; 0 = 100000.
	CPUQuota  int64 `json:"cpu_quota,omitempty"`
	CPUPeriod int64 `json:"cpu_period,omitempty"`
	// CPUShares is the share of a processor that several want, from 2 to 262144
	// (cpu.weight). 0 = 1024, as all others.
	CPUShares int64 `json:"cpu_shares,omitempty"`
	// Cpuset lists the processors that it may run on: "0-2,4" (cpuset.cpus). "" = all.
	Cpuset string `json:"cpuset,omitempty"`
	// Pids is the most processes and threads at once (pids.max). 0 = [DefaultPids],
	// -1 = no limit.
	Pids int64 `json:"pids,omitempty"`
	// BlkIO is its share and its limits of block devices.
	BlkIO BlkIO `json:"blkio,omitzero"`
	// Keys are the keys of the file that the fields above come from, as they are
	// written: "mem_limit", "deploy.resources.limits.memory". Sorted.
	Keys []string `json:"keys,omitempty"`
}

// BlkIO is blkio_config: the share of block devices, and limits on single ones.
type BlkIO struct {
	Weight       uint16         `json:"weight,omitempty"` // 10 to 1000; 0 = as all others
	WeightDevice []DeviceWeight `json:"weight_device,omitempty"`
	ReadBps      []DeviceRate   `json:"read_bps,omitempty"`  // bytes per second
	WriteBps     []DeviceRate   `json:"write_bps,omitempty"` // bytes per second
	ReadIOps     []DeviceRate   `json:"read_iops,omitempty"` // operations per second
	WriteIOps    []DeviceRate   `json:"write_iops,omitempty"`
}

// BlockDevice is a block device of the host: its file as it was written, and the
// number that the kernel knows it by.
type BlockDevice struct {
	Path  string `json:"path"`
	Major int64  `json:"major"`
	Minor int64  `json:"minor"`
}

// DeviceWeight is the share of one device.
type DeviceWeight struct {
	BlockDevice
	Weight uint16 `json:"weight"` // 10 to 1000
}

// DeviceRate is the limit of one device.
type DeviceRate struct {
	BlockDevice
	Rate uint64 `json:"rate"` // per second; 0 = no limit
}
