package api

import "time"

// Usage is what a container uses, as counters: who asks twice has the rates. nil
// is what cannot be known of it.
type Usage struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Service string `json:"service"`
	Number  int    `json:"number"`
	OneOff  bool   `json:"one_off,omitempty"`
	State   string `json:"state"` // as Container has it
	// Run names the run that the counters belong to: with another one they begin
	// anew. "" = the container does not run, and there are none.
	Run string `json:"run,omitempty"`
	// At is when they were read, by the machine's own clock, which nobody sets
	// (clock_gettime(2), CLOCK_MONOTONIC).
	At time.Duration `json:"at,omitempty"`

	CPU         *time.Duration `json:"cpu,omitempty"`          // of all processors together
	Memory      *uint64        `json:"memory,omitempty"`       // bytes, without the part of the page cache that is given back first
	MemoryLimit uint64         `json:"memory_limit,omitempty"` // bytes; the machine's memory if that is less
	PIDs        *uint64        `json:"pids,omitempty"`         // tasks: a thread counts as one
	Read        *uint64        `json:"read,omitempty"`         // bytes, of block devices
	Written     *uint64        `json:"written,omitempty"`
	// What went through its interfaces since it was created, in bytes.
	Received *uint64 `json:"received,omitempty"`
	Sent     *uint64 `json:"sent,omitempty"`

	Pressure *Pressure `json:"pressure,omitempty"`
	// Summed are those of cpu, memory, pids and io that no cgroup counts: they are
	// sums over the processes that live now.
	Summed []string `json:"summed,omitempty"`
}

// Pressure tells for how long some of a container's tasks have waited for what
// they needed (Documentation/accounting/psi.rst). nil: the kernel does not count it.
type Pressure struct {
	CPU    *Stall `json:"cpu,omitempty"`
	Memory *Stall `json:"memory,omitempty"`
	IO     *Stall `json:"io,omitempty"`
}

// Stall is a line "some" of a pressure file.
type Stall struct {
	Avg10 float64       `json:"avg10"` // percent, of the last 10 s
	Total time.Duration `json:"total"`
}
