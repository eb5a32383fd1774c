package cgroup

import "time"

// Sample is what a group has used and uses. A nil part: its controller is not
// there, or the kernel does not tell.
type Sample struct {
	At     time.Time
	CPU    CPUSample
	Memory *MemorySample
	Pids   *PidsSample
	IO     *IOSample
	// Pressure is that of PSI (Documentation/accounting/psi.rst).
	CPUPressure, MemoryPressure, IOPressure *Pressure
}

// CPUSample is of cpu.stat, since the group was made. User and System are there
// without the controller too.
type CPUSample struct {
	Usage, User, System time.Duration
	// Throttled is how long it stood still because of cpu.max, in how many of how
	// many periods.
	Throttled           time.Duration
	Periods, ThrottledN uint64
}

// MemorySample is in bytes.
type MemorySample struct {
	// Current is all that is charged to the group, InactiveFile the part of it that
	// is files and has not been used lately: docker shows the difference.
	Current, InactiveFile uint64
	Limit                 uint64 // memory.max, [Max] for none
}

// PidsSample counts processes and threads.
type PidsSample struct {
	Current, Limit uint64 // pids.max, [Max] for none
}

// IOSample is the sum over all devices, since the group was made.
type IOSample struct {
	ReadBytes, WriteBytes, Reads, Writes uint64
}

// Pressure tells which part of the time some, or all, of the processes waited.
type Pressure struct{ Some, Full Stall }

// Stall is a line of a PSI file: averages in per cent over 10, 60 and 300 s, and
// the sum since the group was made.
type Stall struct {
	Avg10, Avg60, Avg300 float64
	Total                time.Duration
}
