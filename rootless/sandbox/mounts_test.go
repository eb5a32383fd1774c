package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// tree makes files below a fresh directory; a value that begins with "->" makes
// a link, a name that ends with "/" a directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, ok := strings.CutPrefix(text, "->"); ok {
			err = os.Symlink(to, path)
		} else if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(path, 0o755)
		} else {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func bindOf(source, target string, options ...string) specs.Mount {
	return specs.Mount{Type: "bind", Source: source, Destination: target, Options: append([]string{"rbind"}, options...)}
}

// runOrRefuse is run for a program that may not even be made.
func runOrRefuse(t *testing.T, p *Prepared) (out, failed string) {
	t.Helper()
	img, err := p.Program.Image(StatusFile, false)
	if err != nil {
		return "", err.Error()
	}
	img.Close()
	out, failed, _ = run(t, p)
	return out, failed
}

// A subpath is resolved below its source, whatever lies in it.
func TestSubpaths(t *testing.T) {
	outside := tree(t, map[string]string{"f": "outside"})
	volume := tree(t, map[string]string{"a/b/f": "in", "file": "one", "inside": "->a/b", "out": "->" + outside, "climb": "->../" + filepath.Base(outside), "a/back": "->../a/b"})
	for _, c := range []struct{ sub, want, failed string }{
		{sub: "a/b", want: "in"},
		{sub: "inside", want: "in"},
		{sub: "a/back", want: "in"},
		{sub: "out", failed: "mount /data: subpath"},
		{sub: "climb", failed: "mount /data: subpath"},
		{sub: "../" + filepath.Base(outside), failed: "mount /data: subpath"},
		{sub: "a/../../x", failed: "mount /data: subpath"},
		{sub: "none", failed: "mount /data: subpath"},
	} {
		t.Run(c.sub, func(t *testing.T) {
			s := spec(shell("cat /data/f"))
			s.Mounts = []specs.Mount{bindOf(volume, "/data")}
			box := hostContainer(t, s)
			box.Sources = map[string]Source{"/data": {Subpath: c.sub}}
			out, failed := runOrRefuse(t, Setup(box))
			if out != c.want || !strings.HasPrefix(failed, c.failed) || (c.failed == "") != (failed == "") {
				t.Errorf("got %q %q, want %q %q", out, failed, c.want, c.failed)
			}
		})
	}
}

// A part of a mount that is attached nowhere.
func TestPartOfATree(t *testing.T) {
	dir := tree(t, map[string]string{"a/b/f": "in", "evil": "->/etc"})
	for sub, want := range map[string]string{"": "a evil ", "a/b": "f ", "evil": ""} {
		root, err := Bind(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		s := spec(shell("ls /data | tr '\\n' ' '; touch /data/x 2>/dev/null && echo written"))
		s.Mounts = []specs.Mount{{Type: "bind", Destination: "/data", Options: []string{"ro"}}}
		box := hostContainer(t, s)
		box.Sources = map[string]Source{"/data": {Subpath: sub, Tree: root}}
		out, failed := runOrRefuse(t, Setup(box))
		if out != want || (sub == "evil") != (failed != "") {
			t.Errorf("%q: got %q %q, want %q", sub, out, failed, want)
		}
	}
}

// What is mounted below a source, before and after the start.
func TestBindOptions(t *testing.T) {
	dir := tree(t, map[string]string{"sub/": "", "f": "top"})
	if err := unix.Mount("below", filepath.Join(dir, "sub"), "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(filepath.Join(dir, "sub"), unix.MNT_DETACH) })
	if err := os.WriteFile(filepath.Join(dir, "sub/f"), []byte("below"), 0o644); err != nil {
		t.Fatal(err)
	}
	look := "cat /d/sub/f; echo x 2>/dev/null >/d/g && echo -n ,top; echo x 2>/dev/null >/d/sub/g && echo -n ,sub; rm -f /d/g /d/sub/g 2>/dev/null"
	for _, c := range []struct{ options, want string }{
		{"rbind", "below,top,sub"},
		{"rbind,rro", "below"},
		{"rbind,ro", "below,sub"},
		{"bind", ",top,sub"},
		{"bind,rro", ""},
	} {
		s := spec(shell("exec 2>/dev/null; " + look))
		s.Mounts = []specs.Mount{{Type: "bind", Source: dir, Destination: "/d", Options: strings.Split(c.options, ",")}}
		if out, failed, _ := run(t, Setup(hostContainer(t, s))); out != c.want || failed != "" {
			t.Errorf("%s: got %q %q, want %q", c.options, out, failed, c.want)
		}
	}
}

// How a bind mount hears of later mounts: seen in the kernel's own words
// (proc_pid_mountinfo(5)).
func TestPropagation(t *testing.T) {
	dir := tree(t, map[string]string{"sub/": ""})
	for _, m := range []string{dir, filepath.Join(dir, "sub")} {
		if err := unix.Mount("t", m, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Unmount(m, unix.MNT_DETACH) })
		// As in a user namespace's holder: a slave of a peer that is elsewhere.
		other := t.TempDir()
		for _, step := range []func() error{
			func() error { return unix.Mount("", m, "", unix.MS_SHARED, "") },
			func() error { return unix.Mount(m, other, "", unix.MS_BIND, "") },
			func() error { return unix.Mount("", m, "", unix.MS_SLAVE, "") },
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		t.Cleanup(func() { _ = unix.Unmount(other, unix.MNT_DETACH) })
		if m == dir {
			if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	for option, want := range map[string]string{"": "", "rprivate": "", "private": "/d/sub ", "slave": "/d /d/sub ", "rslave": "/d /d/sub "} {
		s := spec(shell("awk '/ master:/ && $5 ~ \"^/d\" {print $5}' /proc/self/mountinfo | sort | tr '\\n' ' '"))
		s.Mounts = []specs.Mount{{Type: "bind", Source: dir, Destination: "/d", Options: []string{"rbind", option}}}
		out, failed, _ := run(t, Setup(hostContainer(t, s)))
		if out != want || failed != "" {
			t.Errorf("%q: slaves are %q %q, want %q", option, out, failed, want)
		}
	}
}

func TestTmpfsOptions(t *testing.T) {
	s := spec(shell("stat -c %a /t; awk '$5 == \"/t\" {print $6, $NF}' /proc/self/mountinfo"))
	s.Mounts = []specs.Mount{{Type: "tmpfs", Destination: "/t", Options: []string{"size=1m", "mode=750", "nr_inodes=77", "noexec", "noatime"}}}
	out, failed, _ := run(t, Setup(hostContainer(t, s)))
	for _, want := range []string{"750\n", "noexec", "noatime", "nosuid", "nodev", "size=1024k", "nr_inodes=77"} {
		if !strings.Contains(out, want) {
			t.Errorf("got %q %q, want %s", out, failed, want)
		}
	}
	s.Mounts[0].Options = []string{"uid=12345"}
	if _, failed, _ := run(t, Setup(hostContainer(t, s))); !strings.Contains(failed, "uid=12345") {
		t.Errorf("an id that is not mapped: %q", failed)
	}
}
