package dns

import (
	"os"
	"path/filepath"
	"testing"
)

// However the file changes, the next question goes to whom it names then.
func TestHostConfIsFollowed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "resolv.conf")
	write := func(name, server string) func() error {
		return func() error {
			return os.WriteFile(filepath.Join(dir, name), []byte("nameserver "+server+"\n"), 0o600)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	c := &hostConf{path: path}
	for _, step := range []struct {
		what string
		do   []func() error
		want string
	}{
		{"not there", nil, "127.0.0.1:53"},
		{"comes", []func() error{write("resolv.conf", "192.0.2.1")}, "192.0.2.1:53"},
		{"written, with the same size at once", []func() error{write("resolv.conf", "192.0.2.2")}, "192.0.2.2:53"},
		{"replaced", []func() error{write("new", "192.0.2.3"), func() error { return os.Rename(in("new"), path) }}, "192.0.2.3:53"},
		{"names nobody", []func() error{func() error { return os.WriteFile(path, []byte("# none\n"), 0o600) }}, "127.0.0.1:53"},
		{"a link", []func() error{write("stub", "192.0.2.4"), func() error { return os.Remove(path) }, func() error { return os.Symlink("stub", path) }}, "192.0.2.4:53"},
		{"behind the link", []func() error{write("other", "192.0.2.5"), func() error { return os.Rename(in("other"), in("stub")) }}, "192.0.2.5:53"},
		{"the link leads nowhere", []func() error{func() error { return os.Remove(in("stub")) }}, "127.0.0.1:53"},
		{"an IPv6 one", []func() error{write("stub", "2001:db8::1")}, "[2001:db8::1]:53"},
	} {
		for _, f := range step.do {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
		if got := c.read().list; len(got) != 1 || got[0].String() != step.want {
			t.Errorf("%s: %v, want %s", step.what, got, step.want)
		}
	}
}

// A file that cannot be read leaves what was known.
func TestHostConfUnreadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	c := &hostConf{path: path}
	if err := os.WriteFile(path, []byte("nameserver 192.0.2.1\noptions timeout:7 rotate\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := c.read(); !got.Rotate || got.Timeout.Seconds() != 7 {
		t.Errorf("options: %+v", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // for root, too, this cannot be read
		t.Fatal(err)
	}
	if got := c.read().list; len(got) != 1 || got[0].String() != "192.0.2.1:53" {
		t.Errorf("got %v", got)
	}
}
