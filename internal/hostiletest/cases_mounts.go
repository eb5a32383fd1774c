package hostiletest

import (
	"os"
	"path/filepath"
)

// mountCases attack the targets of the container's own mounts.
var mountCases = []Case{
	{
		Name:   "volume-target-link",
		Plant:  func(t *Tree) { t.Link("data", t.Out("dir")) },
		Mounts: []Mount{{Volume, "/data"}},
		Names:  []string{"/data"},
	},
	{
		Name:   "bind-target-relative-link",
		Plant:  func(t *Tree) { t.Link("data", t.RelOut("dir")) },
		Mounts: []Mount{{Bind, "/data"}},
		Names:  []string{"/data"},
	},
	{
		Name: "bind-target-below-a-chain",
		Plant: func(t *Tree) {
			t.Link("a", "b")
			t.Link("b", "c/../d")
			t.Dir("c")
			t.Link("d", t.RelOut(""))
		},
		Mounts: []Mount{{Bind, "/a/dir"}},
		Names:  []string{"/a/dir"},
	},
	{
		Name:   "file-target-link",
		Plant:  func(t *Tree) { t.Link("file", t.Out("secret")) },
		Mounts: []Mount{{File, "/file"}},
		Names:  []string{"/file"},
	},
	{
		Name:   "file-target-is-made-outside",
		Plant:  func(t *Tree) { t.Link("file", t.Out("made")) },
		Mounts: []Mount{{File, "/file"}},
		Names:  []string{"/file"},
	},
	{
		Name:   "file-target-is-a-pipe",
		Plant:  func(t *Tree) { t.Fifo("file") },
		Mounts: []Mount{{File, "/file"}},
		Names:  []string{"/file"},
	},
	{
		Name: "bind-target-is-a-file", Harmless: true,
		Plant:  func(t *Tree) { t.File("data", "no directory") },
		Mounts: []Mount{{Bind, "/data"}},
		Names:  []string{"/data"},
	},
	{
		Name: "bind-target-loop", Harmless: true,
		Plant:  func(t *Tree) { t.Link("data", "data2"); t.Link("data2", "data") },
		Mounts: []Mount{{Bind, "/data"}},
		Names:  []string{"/data"},
	},
	{
		Name:   "tmpfs-target-link",
		Plant:  func(t *Tree) { t.Link("scratch", t.Out("dir")) },
		Mounts: []Mount{{Tmpfs, "/scratch"}},
		Names:  []string{"/scratch"},
	},
	{
		Name:   "secret-target-link",
		Plant:  func(t *Tree) { t.Link("run/secrets", t.Out("dir")) },
		Mounts: []Mount{{Secret, "/run/secrets/mine"}},
		Names:  []string{"/run/secrets"},
	},
	{
		Name:   "config-target-link",
		Plant:  func(t *Tree) { t.Link("app.conf", t.RelOut("secret")) },
		Mounts: []Mount{{Config, "/app.conf"}},
		Names:  []string{"/app.conf"},
	},
	{
		Name: "CVE-2021-30465-nested-target-through-a-volume",
		Plant: func(t *Tree) {
			t.keep(os.Symlink(t.Out("dir"), filepath.Join(t.Volume, "sub")))
		},
		Mounts: []Mount{{Bind, "/data"}, {Tmpfs, "/data/sub"}},
		Names:  []string{"/data/sub"},
	},
	{
		Name: "CVE-2021-30465-directories-are-made-outside",
		Plant: func(t *Tree) {
			t.keep(os.Symlink(t.RelOut("dir"), filepath.Join(t.Volume, "sub")))
		},
		Mounts: []Mount{{Volume, "/data"}, {Bind, "/data/sub/deep/er"}},
		Names:  []string{"/data/sub"},
	},
}

// Cases are all of them.
func Cases() []Case {
	var all []Case
	for _, list := range [][]Case{kernelCases, fileCases, mountCases} {
		all = append(all, list...)
	}
	return all
}
