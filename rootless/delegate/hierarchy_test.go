package delegate

import (
	"path/filepath"
	"strings"
	"testing"
)

const (
	unifiedMounts = `22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate
`
	hybridMounts = `25 22 0:22 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
26 25 0:23 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw
27 25 0:24 / /sys/fs/cgroup/systemd rw,nosuid shared:10 - cgroup cgroup rw,xattr,name=systemd
28 25 0:25 / /sys/fs/cgroup/memory rw,nosuid shared:11 - cgroup cgroup rw,memory
`
)

func TestParseMounts(t *testing.T) {
	for name, c := range map[string]struct {
		mounts, own string
		want        hierarchy
	}{
		"v2":     {unifiedMounts, "/user.slice/x", hierarchy{"/sys/fs/cgroup", "/", false}},
		"hybrid": {hybridMounts, "/", hierarchy{"/sys/fs/cgroup/unified", "/", true}},
		"name=systemd alone is no controller of v1": {
			"27 25 0:24 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n", "/", hierarchy{},
		},
		"v1 alone": {"28 25 0:25 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "/", hierarchy{v1: true}},
		"the mount that shows us, of two": {
			"1 0 0:1 /other /mnt rw - cgroup2 none rw\n2 0 0:1 /docker/abc /sys/fs/cgroup rw - cgroup2 none rw\n", "/docker/abc/x",
			hierarchy{"/sys/fs/cgroup", "/docker/abc", false},
		},
		"another prefix is another cgroup": {"1 0 0:1 /docker/ab /mnt rw - cgroup2 none rw\n", "/docker/abc", hierarchy{}},
		"escapes":                          {`1 0 0:1 / /a\040b\134 rw - cgroup2 none rw`, "/", hierarchy{`/a b\`, "/", false}},
		"rubbish":                          {"\n - \nx - cgroup2\n1 2 3 4 5 - ", "/", hierarchy{}},
	} {
		if got := parseMounts(c.mounts, c.own); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestParseGroup(t *testing.T) {
	for text, want := range map[string]string{
		"0::/user.slice/a.scope\n":                  "/user.slice/a.scope",
		"4:memory:/x\n0::/\n":                       "/",
		"0::/a/b (deleted)\n":                       "/a/b",
		"0::/../../init.scope\n":                    "/init.scope", // see TestDirOutside
		"0::/with a space\n":                        "/with a space",
		"4:memory:/x\n1:name=systemd:/user.slice\n": "",
		"0::\n": "",
		"":      "",
	} {
		got, err := parseGroup(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
	}
}

func TestDir(t *testing.T) {
	for _, c := range []struct{ root, group, want string }{
		{"/", "/a/b", "/m/a/b"},
		{"/", "/", "/m"},
		{"/docker/x", "/docker/x", "/m"},
		{"/docker/x", "/docker/x/y", "/m/y"},
		{"/docker/x", "/docker/xy", ""},
		{"/docker/x", "/docker", ""},
		{"/", "/../a", ""},
	} {
		got, err := hierarchy{mount: "/m", root: c.root}.dir(c.group)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s at %s: %q %v, want %q", c.group, c.root, got, err, c.want)
		}
	}
}

func TestCommon(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"/m/a/b", "/m/a/c", "/m/a"}, {"/m/a", "/m/a/c", "/m/a"}, {"/m/ab", "/m/a", "/m"}, {"/x", "/y", "/"}, {"/m", "/m", "/m"},
	} {
		if got := common(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

// What comes out is a clean path below the mount, or nothing.
func FuzzGroup(f *testing.F) {
	f.Add(unifiedMounts, "0::/a/b\n")
	f.Add(hybridMounts, "1:name=systemd:/x\n0::/../y (deleted)\n")
	f.Add(`1 0 0:1 /a\057 /b\7 rw - cgroup2 x`, "0:://\n")
	f.Fuzz(func(t *testing.T, mounts, text string) {
		group, err := parseGroup(text)
		if err != nil {
			return
		}
		if !strings.HasPrefix(group, "/") || filepath.Clean(group) != group {
			t.Fatalf("%q: cgroup %q", text, group)
		}
		h := parseMounts(mounts, group)
		if h.mount == "" {
			return
		}
		if dir, err := h.dir(group); err == nil && !below(dir, filepath.Clean(h.mount)) {
			t.Fatalf("%q and %q: %q is not below %q", mounts, text, dir, h.mount)
		}
	})
}
