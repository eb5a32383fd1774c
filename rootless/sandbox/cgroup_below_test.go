package sandbox

import (
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/capability"
)

// With the host's network /sys is the host's, and so are the cgroups below the own
// one. Who takes that away finds nothing that he could write at once.
func TestCgroupsOfTheHostBelow(t *testing.T) {
	_, f := newGroup(t)
	s := spec(shell(`exec 2>/dev/null
		umount /sys/fs/cgroup && echo off
		for d in /sys/fs/cgroup /sys/fs/cgroup/unified; do
			(echo 0 > $d/cgroup.procs) && echo written $d
			mkdir $d/planted && echo made $d/planted && rmdir $d/planted
		done`))
	s.Process.Capabilities = &specs.LinuxCapabilities{Bounding: capability.All(), Permitted: capability.All(), Effective: capability.All()}
	box := hostContainer(t, s)
	box.Cgroup, box.Privileged, box.NetNS = f, true, nil
	out, failed, _ := run(t, Setup(box))
	if out != "off\n" || failed != "" {
		t.Errorf("%q (%s)", out, failed)
	}
}
