package capability

import (
	"fmt"
	"slices"
	"strings"
)

// names are the capabilities by number (capabilities(7), linux/capability.h).
var names = []string{
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

// Default are the capabilities that a container has unless the file says
// otherwise: docker's fourteen.
var Default = []string{
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
	"CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP",
	"CAP_SETUID", "CAP_SYS_CHROOT",
}

// All are all capabilities by name: those of a privileged container, inside
// its user namespace.
func All() []string { return slices.Clone(names) }

// Apply applies cap_add and cap_drop to the defaults, by docker's rules (moby,
// daemon/pkg/oci/caps): names with or without CAP_, any case, ALL in either list.
// With "add ALL" it is all but what is dropped, with "drop ALL" just what is
// added; otherwise first the drops, then the adds.
func Apply(add, drop []string) ([]string, error) {
	added, addAll, err := parse("cap_add", add)
	if err != nil {
		return nil, err
	}
	dropped, dropAll, err := parse("cap_drop", drop)
	if err != nil {
		return nil, err
	}
	without := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(c string) bool { return slices.Contains(dropped, c) })
	}
	var caps []string
	switch {
	case addAll:
		caps = without(names)
	case dropAll:
		caps = added
	default:
		caps = append(without(Default), added...)
	}
	slices.Sort(caps)
	return slices.Compact(caps), nil
}

func parse(key string, given []string) (list []string, all bool, err error) {
	for _, n := range given {
		u := strings.ToUpper(strings.TrimSpace(n))
		if u == "ALL" || u == "CAP_ALL" {
			all = true
			continue
		}
		if !strings.HasPrefix(u, "CAP_") {
			u = "CAP_" + u
		}
		if !slices.Contains(names, u) {
			return nil, false, fmt.Errorf("%s: unknown capability %q (capabilities(7) lists them)", key, n)
		}
		list = append(list, u)
	}
	return list, all, nil
}

// Mask is the set of the named capabilities as bits.
func Mask(list []string) uint64 {
	var m uint64
	for _, n := range list {
		if i := slices.Index(names, n); i >= 0 {
			m |= 1 << i
		}
	}
	return m
}
