package cgroup

import (
	"errors"

	"golang.org/x/sys/unix"
)

// OOM is what the kernel has done to a group because memory was short
// (cgroup-v2.rst, memory.events).
type OOM struct {
	// Kills counts the processes that it killed (oom_kill), for whatever limit.
	Kills uint64
	// Reached counts how often the group's own limit was in the way (oom). 0 with
	// Kills: memory was short on the machine, or in a group above.
	Reached uint64
	Limit   uint64 // memory.max in bytes, [Max] for none
}

// OOM reads it. Without the memory controller it is the zero value.
func (g *Group) OOM() (OOM, error) {
	events, err := readAt(g.dir, "memory.events")
	if errors.Is(err, unix.ENOENT) {
		return OOM{}, nil
	}
	if err != nil {
		return OOM{}, err
	}
	limit, err := readAt(g.dir, "memory.max")
	if err != nil {
		return OOM{}, err
	}
	return OOM{field([]byte(events), "oom_kill"), field([]byte(events), "oom"), limitOf(limit)}, nil
}
