package doctor

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless"
)

// ids looks for the ids that containers can have.
func ids(maps rootless.IDMaps, err error) Check {
	const name = "ids of containers"
	switch {
	case err != nil:
		return failed(name, err, "")
	case maps.Degraded != "":
		why, fix, _ := strings.Cut(maps.Degraded, "; an administrator adds them with: ")
		return failed(name, errors.New(why), fix).degraded()
	}
	if maps.Direct {
		return ok(name, "all of this system: you are root")
	}
	total := uint64(0)
	for _, r := range maps.UIDs {
		total += uint64(r.Count)
	}
	return ok(name, "%d, by newuidmap from /etc/subuid", total)
}

// pings looks whether the relay may send ICMP echo for containers (icmp(7)).
func pings() Check {
	const name, key = "ping to the outside", "net/ipv4/ping_group_range"
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err == nil {
		unix.Close(fd)
		return ok(name, "net.ipv4.ping_group_range = %s", sysctl(key))
	}
	return failed(name, fmt.Errorf("services cannot ping the outside, which the relay does by ping sockets: net.ipv4.ping_group_range = %s: %w", sysctl(key), err),
		"sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'").optional().degraded()
}

// lowPorts looks from which port on a user may publish (ip-sysctl.rst).
func lowPorts() Check {
	const name = "published ports below 1024"
	first, err := strconv.Atoi(sysctl("net/ipv4/ip_unprivileged_port_start"))
	if err != nil {
		return failed(name, fmt.Errorf("net.ipv4.ip_unprivileged_port_start cannot be read: %w", err), "").optional()
	}
	if os.Getuid() == 0 || first == 0 {
		return ok(name, "all ports can be published")
	}
	c := ok(name, "ports from %d on can be published", first)
	if first > 80 {
		c.Fix = "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80"
		return c.optional().degraded()
	}
	return c
}

// enoughFiles is what a project with some thousands of connections needs: two
// descriptors for each.
const enoughFiles = 16384

// files looks how many descriptors a supervisor can have (getrlimit(2)). Go
// raises the soft limit to the hard one by itself.
func files() Check {
	const name = "open files"
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return failed(name, err, "").optional()
	}
	c := ok(name, "at most %d for each process, two for each connection", l.Max)
	if l.Max < enoughFiles {
		c.Fix = fmt.Sprintf("sudo sh -c 'echo \"* hard nofile %d\" >> /etc/security/limits.conf', then log in again", 1<<20)
		return c.optional().degraded()
	}
	return c
}

func sysctl(key string) string {
	b, err := os.ReadFile("/proc/sys/" + key)
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(b)), " ")
}
