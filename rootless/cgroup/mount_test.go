package cgroup

import (
	"errors"
	"testing"
)

func TestMountIn(t *testing.T) {
	const (
		pure   = "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
		hybrid = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n" +
			"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n" +
			"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
		part    = "50 23 0:26 /user.slice /mnt/user\\040slice rw shared:1 master:2 - cgroup2 none rw\n"
		version = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
	)
	for _, c := range []struct {
		name, text string
		want       Mount
		err        error
	}{
		{"pure", pure, Mount{"/sys/fs/cgroup", "/", true}, nil},
		{"hybrid", hybrid, Mount{"/sys/fs/cgroup/unified", "/", false}, nil},
		{"a part alone", part, Mount{"/mnt/user slice", "/user.slice", false}, nil},
		{"a part before the whole", part + pure, Mount{"/sys/fs/cgroup", "/", true}, nil},
		{"version 1", version, Mount{}, ErrNoHierarchy},
		{"rubbish", "cgroup2\n- cgroup2\n\n1 2 3 4 5 6 -\n", Mount{}, ErrNoHierarchy},
	} {
		got, err := mountIn(c.text)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

func TestDirOf(t *testing.T) {
	for _, c := range []struct {
		mount      Mount
		text, want string
	}{
		{Mount{Dir: "/sys/fs/cgroup", Root: "/"}, "0::/user.slice/x.scope\n", "/sys/fs/cgroup/user.slice/x.scope"},
		{Mount{Dir: "/sys/fs/cgroup/unified", Root: "/"}, "9:name=systemd:/a\n0::/\n", "/sys/fs/cgroup/unified"},
		{Mount{Dir: "/mnt", Root: "/user.slice"}, "0::/user.slice/a\n", "/mnt/a"},
		{Mount{Dir: "/mnt", Root: "/user.slice"}, "0::/system.slice/a\n", ""},
		{Mount{Dir: "/mnt", Root: "/"}, "0::/../a\n", ""},
		{Mount{Dir: "/mnt", Root: "/"}, "9:memory:/a\n", ""},
	} {
		name, err := groupIn(c.text)
		got := ""
		if err == nil {
			got, err = c.mount.dir(name)
		}
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q in %+v: %q, %v", c.text, c.mount, got, err)
		}
	}
}
