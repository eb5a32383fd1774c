package e2e

import "testing"

// noModules keeps the kernel from loading what is asked for, and takes one away.
func noModules(name string) string {
	return "echo /bin/false >/proc/sys/kernel/modprobe; rmmod " + name + " || true; ! grep -q ^" + name + " /proc/modules"
}

func sysctlTo(name, value string) string { return "sysctl -qw " + name + "='" + value + "'" }

// The kernel's settings and modules.
func TestCrippledKernel(t *testing.T) {
	theLab(t).cripples([]cripple{
		{name: "no user namespaces", take: sysctlTo("user.max_user_namespaces", "0"), cause: "userns-limit"},
		{name: "unprivileged user namespaces off", take: sysctlTo("kernel.unprivileged_userns_clone", "0"), cause: "userns-sysctl", boots: true},
		{name: "no net namespaces", take: sysctlTo("user.max_net_namespaces", "0"), cause: "namespace-limit"},
		{name: "few mount namespaces", take: sysctlTo("user.max_mnt_namespaces", "1"), cause: "namespace-limit", said: "user.max_mnt_namespaces is reached"},
		{name: "no pid namespaces", rare: true, take: sysctlTo("user.max_pid_namespaces", "0"), cause: "namespace-limit", said: "user.max_pid_namespaces"},
		{name: "no inotify", take: sysctlTo("fs.inotify.max_user_instances", "0"), cause: "inotify-instances", up: works},
		{name: "few watches", rare: true, take: sysctlTo("fs.inotify.max_user_watches", "10"), cause: "inotify-watches", up: works},
		{name: "no keys", take: sysctlTo("kernel.keys.maxkeys", "1"), cause: "keys-quota"},
		{name: "few mounts", rare: true, take: sysctlTo("fs.mount-max", "20"), cause: "mount-max"},
		{name: "few processes", take: sysctlTo("kernel.pid_max", "400"), cause: "pids-low", up: works},
		{name: "no bridges", take: noModules("bridge"), cause: "bridge-kernel", boots: true},
		{name: "no veth", take: noModules("veth"), cause: "veth-kernel"},
	})
}
