package hostiletest

import "os"

// fileCases attack the files that a runtime reads or writes on its way.
var fileCases = []Case{
	{
		Name:  "etc-link",
		Plant: func(t *Tree) { t.Link("etc", t.Out("dir")) },
		Look:  []string{"/etc/secret"},
		Names: []string{"/etc"},
	},
	{
		Name:  "etc-hosts-link",
		Plant: func(t *Tree) { t.Link("etc/hosts", t.Out("secret")) },
		Write: []string{"/etc/hosts"},
		Names: []string{"/etc/hosts"},
	},
	{
		Name:  "etc-resolv-conf-relative-link",
		Plant: func(t *Tree) { t.Link("etc/resolv.conf", t.RelOut("secret")) },
		Look:  []string{"/etc/resolv.conf"},
		Names: []string{"/etc/resolv.conf"},
	},
	{
		Name: "etc-hostname-chain",
		Plant: func(t *Tree) {
			t.Link("etc/hostname", "one")
			t.Link("etc/one", "../two")
			t.Link("two", t.RelOut("secret"))
		},
		Names: []string{"/etc/hostname"},
	},
	{
		Name:  "passwd-link",
		Plant: func(t *Tree) { t.Link("etc/passwd", t.Out("etc/passwd")) },
		User:  "mallory",
		Names: []string{"mallory"},
	},
	{
		Name:  "passwd-relative-link",
		Plant: func(t *Tree) { t.Link("etc/passwd", t.RelOut("etc/passwd")) },
		User:  "mallory",
		Names: []string{"mallory"},
	},
	{
		Name:  "passwd-is-a-pipe",
		Plant: func(t *Tree) { t.Fifo("etc/passwd") },
		User:  "mallory",
		Names: []string{"/etc/passwd", "mallory"},
	},
	{
		Name: "passwd-is-huge", Harmless: true, // it would eat the memory of this machine
		Plant: func(t *Tree) {
			t.File("etc/passwd", "root:x:0:0::/:/bin/sh\n")
			t.keep(os.Truncate(t.Root+"/etc/passwd", 1<<40))
		},
		User:  "root",
		Names: []string{"/etc/passwd"},
	},
	{
		Name: "passwd-is-endless", Harmless: true,
		Plant: func(t *Tree) { t.Link("etc/passwd", "/dev/zero") },
		User:  "root",
		Names: []string{"/etc/passwd", "root"},
	},
	{
		Name:       "CVE-2019-5736-entrypoint-is-self-exe",
		Plant:      func(t *Tree) { t.Link("entry", "/proc/self/exe") },
		Entrypoint: "/entry",
		Names:      []string{"/entry"},
	},
	{
		Name:       "CVE-2019-5736-script-of-self-exe",
		Plant:      func(t *Tree) { t.File("entry", "#!/proc/self/exe\n") },
		Entrypoint: "/entry",
		Names:      []string{"/entry"},
	},
	{
		Name: "entrypoint-link-outside", Harmless: true,
		Plant:      func(t *Tree) { t.Link("entry", t.Out("secret")) },
		Entrypoint: "/entry",
		Names:      []string{"/entry"},
	},
	{
		Name:       "CVE-2024-21626-working-dir-is-a-descriptor",
		Plant:      func(*Tree) {},
		WorkingDir: "/proc/self/fd/7",
		Look:       []string{"@/secret", "../../../@/secret"},
		Write:      []string{"@/written"},
		Names:      []string{"/proc/self/fd/7"},
	},
	{
		Name:       "CVE-2024-21626-working-dir-links-to-a-descriptor",
		Plant:      func(t *Tree) { t.Link("w", "/proc/self/fd/7") },
		WorkingDir: "/w",
		Look:       []string{"@/secret"},
		Names:      []string{"/w"},
	},
	{
		Name:       "working-dir-link",
		Plant:      func(t *Tree) { t.Link("w", t.Out("dir")) },
		WorkingDir: "/w/made/here",
		Names:      []string{"/w"},
	},
}
