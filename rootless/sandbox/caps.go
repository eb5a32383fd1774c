package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// capNames are the capabilities by number (capabilities(7), linux/capability.h).
var capNames = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID",
	"CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
	"CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
	"CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
	"CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
}

// DefaultCaps are the capabilities that a container has unless the file says
// otherwise: docker's fourteen.
var DefaultCaps = []string{
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
	"CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP",
	"CAP_SETUID", "CAP_SYS_CHROOT",
}

// AllCaps are all capabilities by name: those of a privileged container, inside
// its user namespace.
func AllCaps() []string { return slices.Clone(capNames) }

// Capabilities applies cap_add and cap_drop to the defaults, by docker's rules:
// names with or without CAP_, any case, ALL in either list. Drops named one by
// one win over adds, and adds over "drop ALL".
func Capabilities(add, drop []string) ([]string, error) {
	added, addAll, err := parseCaps("cap_add", add)
	if err != nil {
		return nil, err
	}
	dropped, dropAll, err := parseCaps("cap_drop", drop)
	if err != nil {
		return nil, err
	}
	var caps []string
	switch {
	case addAll:
		caps = AllCaps()
	case !dropAll:
		caps = slices.Clone(DefaultCaps)
	}
	for _, c := range added {
		if !slices.Contains(caps, c) {
			caps = append(caps, c)
		}
	}
	caps = slices.DeleteFunc(caps, func(c string) bool { return slices.Contains(dropped, c) })
	slices.Sort(caps)
	return caps, nil
}

func parseCaps(key string, names []string) (list []string, all bool, err error) {
	for _, n := range names {
		u := strings.ToUpper(strings.TrimSpace(n))
		if u == "ALL" || u == "CAP_ALL" {
			all = true
			continue
		}
		if !strings.HasPrefix(u, "CAP_") {
			u = "CAP_" + u
		}
		if !slices.Contains(capNames, u) {
			return nil, false, fmt.Errorf("%s: unknown capability %q (capabilities(7) lists them)", key, n)
		}
		list = append(list, u)
	}
	return list, all, nil
}

// capMask is the set of the named capabilities as bits.
func capMask(names []string) uint64 {
	var m uint64
	for _, n := range names {
		if i := slices.Index(capNames, n); i >= 0 {
			m |= 1 << i
		}
	}
	return m
}
