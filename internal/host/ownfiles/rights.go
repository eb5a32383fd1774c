package ownfiles

import (
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// taken is what an exchange would take away from a service that asks for it, or where it
// would be felt by others; "" = nothing. began: it begins as root.
func taken(s *project.Service, began bool) string {
	other := func(mode string) bool { return mode != "" && mode != "shareable" }
	switch lost := Lost(s.CapAdd); {
	case s.Privileged:
		return "privileged"
	case len(lost) > 0:
		return "cap_add " + strings.Join(lost, ", ")
	case len(s.Devices) > 0 && began:
		return "devices" // root opens them before it steps down
	case len(s.VolumesFrom) > 0:
		return "volumes_from"
	case other(s.PID):
		return "pid: " + s.PID
	case other(s.IPC):
		return "ipc: " + s.IPC
	}
	return ""
}

// Lost are the capabilities, of those that a service wants, that mean nothing where ids
// are exchanged: they count in the namespace that owns the network, the mounts, the pids
// or the queues, which is not the one that the service is in (capabilities(7)).
func Lost(capAdd []string) (lost []string) {
	for _, c := range capAdd {
		name := strings.TrimPrefix(strings.ToUpper(c), "CAP_")
		if slices.Contains([]string{"ALL", "NET_ADMIN", "NET_RAW", "NET_BROADCAST", "SYS_ADMIN", "SYS_BOOT", "IPC_OWNER", "CHECKPOINT_RESTORE", "BPF", "PERFMON"}, name) {
			lost = append(lost, name)
		}
	}
	return lost
}
