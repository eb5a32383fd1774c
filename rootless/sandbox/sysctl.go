package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// ownSysctls are the settings of the container's own ipc namespace (sysctl(5),
// ipc_namespaces(7)); those below net. are of its own net namespace.
var ownSysctls = []string{
	"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
	"kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
}

// CheckSysctl tells why a setting cannot be made for one container, nil if it can.
func CheckSysctl(name string, hostNet bool) error {
	switch {
	case strings.Contains(name, "/"), strings.Contains(name, ".."), strings.HasPrefix(name, "."):
		return fmt.Errorf("sysctl %q is not a name such as net.core.somaxconn", name)
	case slices.Contains(ownSysctls, name), strings.HasPrefix(name, "fs.mqueue."):
		return nil
	case strings.HasPrefix(name, "net.") && hostNet:
		return fmt.Errorf("sysctl %s is the host's, whose network the service has: set it there with: sudo sysctl -w %s=VALUE", name, name)
	case strings.HasPrefix(name, "net."):
		return nil
	}
	return fmt.Errorf("sysctl %s is not of a namespace, it holds for the whole host: an administrator sets it there with: sudo sysctl -w %s=VALUE", name, name)
}

// sysctls writes the settings of the spec, while /proc/sys can be written to.
func (b *builder) sysctls(settings map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		value := settings[name]
		what := "set sysctl " + name + "=" + value
		path := "proc/sys/" + strings.ReplaceAll(name, ".", "/")
		b.descend(what, path, unix.O_WRONLY|unix.O_CLOEXEC, b.a, nil)
		b.do(what, unix.SYS_WRITE, b.a, value, len(value))
		b.close(b.a)
	}
}
