package limits

import (
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// Key is a key of a compose file and the controller of cgroup v2 that enforces it.
type Key struct {
	Name       string // as it is written: "mem_limit", "deploy.resources.limits.memory"
	Controller string // "memory", "cpu", "cpuset", "pids" or "io"
}

// Keys are those that a service has, in the order of their names.
func Keys(s *project.Service) []Key {
	keys := make([]Key, 0, len(s.Resources.Keys))
	for _, name := range s.Resources.Keys {
		if c := controller(name); c != "" {
			keys = append(keys, Key{Name: name, Controller: c})
		}
	}
	return keys
}

// Missing are the names of the keys of a service that no controller of the list
// enforces. A cpuset is not among them: where its controller is missing, the
// affinity of the processes takes its place.
func Missing(s *project.Service, controllers []string) (names []string) {
	for _, k := range Keys(s) {
		if k.Controller != "cpuset" && !slices.Contains(controllers, k.Controller) {
			names = append(names, k.Name)
		}
	}
	return names
}

// controller is by what the kernel enforces a key; "" = by none.
func controller(key string) string {
	switch last := key[strings.LastIndexByte(key, '.')+1:]; last {
	case "mem_limit", "mem_reservation", "memswap_limit", "memory", "memory_high":
		return "memory"
	case "cpus", "cpu_shares", "cpu_quota", "cpu_period":
		return "cpu"
	case "cpuset":
		return "cpuset"
	case "pids_limit", "pids":
		return "pids"
	case "blkio_config":
		return "io"
	}
	return ""
}
