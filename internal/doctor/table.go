package doctor

import "github.com/mocker-compose/mocker-compose/internal/cause"

// entry is one check.
type entry struct {
	id, subject, name string
	judge             func(cause.Host, *found) verdict
}

// The subjects, in the order in which they are printed.
const (
	subjectUser    = "user namespaces and ids"
	subjectKernel  = "kernel"
	subjectCgroup  = "resource limits"
	subjectNetwork = "network"
	subjectStorage = "storage"
	subjectLimits  = "limits of the host"
)

// table has all checks. A change of an id breaks scripts: add, do not rename.
func table() []entry {
	return []entry{
		{"userns", subjectUser, "user namespaces", judgeUserNS},
		{"newuidmap", subjectUser, "newuidmap and newgidmap", judgeMapTools},
		{"subids", subjectUser, "subordinate ids", judgeSubIDs},
		{"ids", subjectUser, "ids of containers", judgeIDs},
		{"namespaces", subjectUser, "other namespaces", judgeNamespaces},

		{"kernel", subjectKernel, "system calls", judgeCalls},
		{"proc", subjectKernel, "a new /proc", judgeProc},
		{"seccomp", subjectKernel, "filters of system calls", judgeSeccomp},
		{"keyrings", subjectKernel, "keyrings", judgeKeyrings},

		{"cgroup", subjectCgroup, "a cgroup for projects", judgeCgroup},
		{"cgroup-controllers", subjectCgroup, "controllers", judgeControllers},
		{"swap-limit", subjectCgroup, "limits of swap", judgeSwap},
		{"linger", subjectCgroup, "services after logout", judgeLinger},

		{"bridge", subjectNetwork, "bridges", judgeBridge},
		{"veth", subjectNetwork, "pairs of interfaces (veth)", judgeVeth},
		{"nft", subjectNetwork, "nf_tables with tproxy", judgeRules},
		{"packet", subjectNetwork, "packet sockets", judgePacket},
		{"ports", subjectNetwork, "published ports below 1024", judgePorts},
		{"ping", subjectNetwork, "ping to the outside", judgePing},
		{"tun", subjectNetwork, "/dev/net/tun", judgeDevice},
		{"uplink-relay", subjectNetwork, "uplink relay", judgeRelay},
		{"uplink-pasta", subjectNetwork, "uplink pasta", judgeUplink("pasta")},
		{"uplink-slirp4netns", subjectNetwork, "uplink slirp4netns", judgeUplink("slirp4netns")},
		{"uplink-gvisor", subjectNetwork, "uplink gvisor", judgeUplink("gvisor")},
		{"uplink-none", subjectNetwork, "uplink none", judgeNone},

		{"data", subjectStorage, "data directory", judgeData},
		{"data-space", subjectStorage, "room for data", judgeDataSpace},
		{"data-exec", subjectStorage, "programs in volumes", judgeDataExec},
		{"overlay", subjectStorage, "overlay", judgeOverlay},
		{"fuse-overlayfs", subjectStorage, "fuse-overlayfs", judgeFuse},
		{"run", subjectStorage, "run directory", judgeRun},
		{"run-space", subjectStorage, "room for sockets", judgeRunSpace},
		{"mount-max", subjectStorage, "mounts", judgeMounts},

		{"nofile", subjectLimits, "open files", judgeFiles},
		{"inotify", subjectLimits, "watched files (inotify)", judgeInotify},
		{"pids", subjectLimits, "processes", judgePids},
		{"memory", subjectLimits, "memory and swap", judgeMemory},
	}
}
