package sandbox

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/affinity"
	"github.com/mocker-compose/mocker-compose/internal/cpulist"
)

// affinity binds the process to processors, if it is to be bound, and with it all that
// it will start: what the runtime spec has for commands that are executed
// (execCPUAffinity) is taken for first processes as well.
func (b *builder) affinity(p *specs.Process) {
	if p.ExecCPUAffinity == nil || p.ExecCPUAffinity.Final == "" {
		return
	}
	cpus, err := cpulist.Parse(p.ExecCPUAffinity.Final)
	if err != nil {
		return // the loader has written it
	}
	mask := affinity.Mask(cpus)
	b.do("bind to the processors "+p.ExecCPUAffinity.Final, unix.SYS_SCHED_SETAFFINITY, 0, len(mask), mask)
}
