package state

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestResolveDirs(t *testing.T) {
	mine := t.TempDir()
	uid := strconv.Itoa(os.Getuid())
	fallback := filepath.Join(os.TempDir(), "mocker-compose-"+uid)
	if ownedBy("/run/user/"+uid, os.Getuid()) {
		fallback = "/run/user/" + uid + "/mocker-compose"
	}
	for name, c := range map[string]struct {
		env       map[string]string
		run, data string
	}{
		"all set":         {map[string]string{"MOCKER_RUNTIME_DIR": "/r", "MOCKER_DATA_HOME": "/d", "XDG_RUNTIME_DIR": mine, "XDG_DATA_HOME": "/x"}, "/r", "/d"},
		"xdg":             {map[string]string{"XDG_RUNTIME_DIR": mine, "XDG_DATA_HOME": "/x"}, mine + "/mocker-compose", "/x/mocker-compose"},
		"home":            {map[string]string{"HOME": "/h"}, fallback, "/h/.local/share/mocker-compose"},
		"relative is bad": {map[string]string{"HOME": "/h", "XDG_DATA_HOME": "x", "XDG_RUNTIME_DIR": "y"}, fallback, "/h/.local/share/mocker-compose"},
		"not there":       {map[string]string{"HOME": "/h", "XDG_RUNTIME_DIR": "/no/such"}, fallback, "/h/.local/share/mocker-compose"},
	} {
		d, err := ResolveDirs(func(k string) string { return c.env[k] })
		if err != nil || d.Run != c.run || d.Data != c.data {
			t.Errorf("%s: %+v %v, want %s %s", name, d, err, c.run, c.data)
		}
	}
	d, err := ResolveDirs(func(string) string { return "" })
	if err != nil || !filepath.IsAbs(d.Data) || !strings.HasSuffix(d.Data, "/.local/share/mocker-compose") {
		t.Errorf("without HOME: %+v %v", d, err)
	}
}

func TestMakePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := MakePrivate(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := MakePrivate(dir); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("mode %v %v", st.Mode(), err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := MakePrivate(link); err == nil {
		t.Error("a link was taken for a directory of ours")
	}
	if os.Getuid() != 0 {
		if err := MakePrivate("/tmp"); err == nil {
			t.Error("a directory of somebody else was accepted")
		}
	}
}
