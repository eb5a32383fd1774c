package cause

import (
	"fmt"
	"slices"
	"strings"
)

// Older tells whether the running kernel is older than a version.
func Older(h Host, major, minor int) bool {
	var a, b int
	if _, err := fmt.Sscanf(h.Sysctl("kernel.osrelease"), "%d.%d", &a, &b); err != nil {
		return false
	}
	return a < major || a == major && b < minor
}

func containsWord(text, word string) bool { return slices.Contains(strings.Fields(text), word) }

// Calls is why system calls are missing: of an old kernel, or kept back by a filter.
func Calls(h Host, missing []string, oldest string) Cause {
	c := Cause{ID: "kernel-old", What: fmt.Sprintf("Linux %s has no %s; %s has all of them", h.Sysctl("kernel.osrelease"), strings.Join(missing, ", "), oldest), Lost: lostAll,
		Note: "boot a newer kernel"}
	if h.Status("Seccomp") != "2" {
		return c
	}
	c.ID, c.What = "kernel-filtered", "a seccomp filter keeps back "+strings.Join(missing, ", ")
	if h.Container() != "" {
		c.Note = outerContainer(h).Note
		return c
	}
	c.Note = "start it outside of the sandbox that has the filter"
	return c
}

// Seccomp is why containers get no filter of system calls.
func Seccomp(Host) Cause {
	return Cause{ID: "seccomp-kernel", What: "this kernel is built without filters of system calls (CONFIG_SECCOMP_FILTER)",
		Note: "boot a kernel that has them, as those of all distributions do", Lost: lostAll}
}

// Proc is why no new /proc can be mounted: the kernel allows it only where the old one
// is seen whole (mount_too_revealing in fs/namespace.c).
func Proc(h Host) Cause {
	c := Cause{ID: "proc-masked", What: "/proc has parts that something is mounted over, so that the kernel lets nobody mount a new one", Lost: lostAll}
	switch h.Container() {
	case "docker":
		c.Note = "start the outer container with: docker run --security-opt systempaths=unconfined"
	case "podman":
		c.Note = "start the outer container with: podman run --security-opt unmask=ALL"
	case "":
		c.Note = "unmount what is on top of it: grep ' /proc/' /proc/self/mountinfo"
	default:
		c.Note = "start the outer container with an unmasked /proc; for LXD and Incus: incus config set NAME security.nesting=true"
	}
	return c
}

// NFTModules are the modules for the rules of a project's router.
func NFTModules() []string {
	return []string{"nf_tables", "nft_tproxy", "nft_socket", "nft_reject_inet", "nft_masq"}
}

// Rules is why the rules of the router cannot be made.
func Rules(h Host) Cause {
	return Module(h, "nft-kernel", "nf_tables with tproxy, socket, reject and masquerade",
		"services have no way out, and see the gateway as the client of published ports", NFTModules()...)
}

// Bridge is why no bridge can be made.
func Bridge(h Host) Cause {
	return Module(h, "bridge-kernel", "bridges", "no service with a network starts", "bridge")
}

// Veth is why no pair of interfaces can be made.
func Veth(h Host) Cause {
	return Module(h, "veth-kernel", "pairs of interfaces", "no service with a network starts", "veth")
}

// Packet is why there are no packet sockets.
func Packet(h Host) Cause {
	return Module(h, "packet-kernel", "packet sockets",
		"services see connections that the outside refused as accepted and then reset", "af_packet")
}
