package hostiletest

import "os"

// kernelCases attack the places of the kernel's file systems and devices.
var kernelCases = []Case{
	{
		Name:  "CVE-2019-19921-proc-link",
		Plant: func(t *Tree) { t.Link("proc", t.Out("dir")) },
		Names: []string{"/proc"},
	},
	{
		Name:  "CVE-2023-27561-proc-relative-link",
		Plant: func(t *Tree) { t.Link("proc", t.RelOut("dir")) },
		Names: []string{"/proc"},
	},
	{
		Name:  "CVE-2023-28642-sys-link",
		Plant: func(t *Tree) { t.Link("sys", t.Out("dir")) },
		Names: []string{"/sys"},
	},
	{
		Name:  "CVE-2025-31133-dev-null-link",
		Plant: func(t *Tree) { t.Link("dev/null", t.Out("secret")) },
		Look:  []string{"/proc/kcore", "/proc/keys", "/proc/timer_list", "/dev/null"},
		Write: []string{"/proc/keys"},
		Names: []string{"/dev/null"},
	},
	{
		Name:  "CVE-2025-52565-dev-console-link",
		Plant: func(t *Tree) { t.Link("dev/console", t.Out("secret")) },
		Look:  []string{"/dev/console"},
		Names: []string{"/dev/console"},
	},
	{
		Name:   "CVE-2025-52881-volume-over-sysctl",
		Plant:  func(t *Tree) { t.Link("data", "/proc/sys/net/core") },
		Mounts: []Mount{{Bind, "/data"}},
		Sysctl: "net.core.somaxconn",
		Names:  []string{"/data"},
	},
	{
		Name:   "CVE-2025-52881-sysctl-through-proc-link",
		Plant:  func(t *Tree) { t.Dir("proc"); t.Link("proc/sys", t.Out("sys")) },
		Sysctl: "net.core.somaxconn",
		Names:  []string{"/proc"},
	},
	{
		Name:  "CVE-2026-41579-dev-link",
		Plant: func(t *Tree) { t.Link("dev", t.Out("dir")) },
		Names: []string{"/dev"},
	},
	{
		Name:  "CVE-2026-47766-dev-relative-link",
		Plant: func(t *Tree) { t.Link("dev", t.RelOut("dir")) },
		Names: []string{"/dev"},
	},
	{
		Name:  "dev-shm-link",
		Plant: func(t *Tree) { t.Link("dev/shm", t.Out("dir")) },
		Write: []string{"/dev/shm/x"},
		Names: []string{"/dev"},
	},
	{
		Name:  "dev-pts-link",
		Plant: func(t *Tree) { t.Link("dev/pts", t.Out("dir")) },
		Names: []string{"/dev"},
	},
	{
		Name:  "dev-full-is-a-pipe",
		Plant: func(t *Tree) { t.Fifo("dev/full") },
		Names: []string{"/dev"},
	},
	{
		Name: "proc-is-a-file", Harmless: true,
		Plant: func(t *Tree) { t.File("proc", "no directory") },
		Names: []string{"/proc", "proc"},
	},
	{
		Name: "sys-is-a-loop", Harmless: true,
		Plant: func(t *Tree) { t.Link("sys", "sys"); t.keep(os.Symlink("loop", t.Root+"/loop")) },
		Names: []string{"/sys", "sys"},
	},
}
