package sysctl

import (
	"fmt"
	"slices"
	"strings"
)

// own are the settings of an ipc namespace (ipc_namespaces(7)) beside
// fs.mqueue.*; those below net. are of a net namespace.
var own = []string{
	"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
	"kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
}

// Host tells which namespaces a container has in common with the host: their
// settings are not its own.
type Host struct {
	Net bool // network_mode: host
	IPC bool // ipc: host
}

// Check tells why a setting cannot be made for one container, nil if it can.
// The text says what to do instead.
func Check(name string, host Host) error {
	ipc := slices.Contains(own, name) || strings.HasPrefix(name, "fs.mqueue.")
	net := strings.HasPrefix(name, "net.")
	switch {
	case strings.ContainsAny(name, "/ "), strings.Contains(name, ".."), strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), !strings.Contains(name, "."):
		return fmt.Errorf("%q is not a name such as net.core.somaxconn", name)
	case name == "kernel.hostname":
		return fmt.Errorf("%s is set by the service's key hostname", name)
	case name == "kernel.domainname":
		return fmt.Errorf("%s is set by the service's key domainname", name)
	case ipc && host.IPC, net && host.Net:
		return fmt.Errorf("%s is the host's, whose namespace the service has: set it there with: sudo sysctl -w %s=VALUE", name, name)
	case ipc, net:
		return nil
	}
	return fmt.Errorf("%s is not of a namespace, it holds for the whole host: an administrator sets it there with: sudo sysctl -w %s=VALUE", name, name)
}
