package host

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rootWith is a root directory with the given files.
func rootWith(t *testing.T, files map[string]string) *os.File {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

const passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:999:998::/srv/app:/bin/sh\n1234:x:77:78::/odd:/bin/sh\nbroken\n"
const group = "root:x:0:\nstaff:x:50:app,root\nvideo:x:44:\n"

func TestResolveUser(t *testing.T) {
	root := rootWith(t, map[string]string{"etc/passwd": passwd, "etc/group": group})
	for _, c := range []struct {
		spec     string
		uid, gid uint32
		groups   []uint32
		home     string
		fails    bool
	}{
		{spec: "", home: "/root", groups: []uint32{50}},
		{spec: "root", home: "/root", groups: []uint32{50}},
		{spec: "0", home: "/root", groups: []uint32{50}},
		{spec: "app", uid: 999, gid: 998, groups: []uint32{50}, home: "/srv/app"},
		{spec: "999", uid: 999, gid: 998, groups: []uint32{50}, home: "/srv/app"},
		{spec: "app:video", uid: 999, gid: 44, home: "/srv/app"},
		{spec: "app:1000", uid: 999, gid: 1000, home: "/srv/app"},
		{spec: "4000", uid: 4000, home: "/"},
		{spec: "4000:4001", uid: 4000, gid: 4001, home: "/"},
		{spec: "1234", uid: 1234, home: "/"}, // a number is a number, whatever names there are
		{spec: "nobody-knows", fails: true},
		{spec: "app:nobody-knows", fails: true},
		{spec: "-1", fails: true},
		{spec: "0x0", fails: true},
		{spec: "1e3", fails: true},
		{spec: "4294967295", fails: true},
		{spec: "4294967296", fails: true},
		{spec: "99999999999999999999", fails: true},
		{spec: "0:-1", fails: true},
		{spec: "0:4294967296", fails: true},
		{spec: " root", fails: true},
		{spec: "root ", fails: true},
		{spec: "ROOT", fails: true},
		{spec: "a:b:c", fails: true},
		{spec: "root:root:root", fails: true},
	} {
		u, home, err := resolveUser(root, c.spec, nil)
		if (err != nil) != c.fails {
			t.Errorf("%q: error %v", c.spec, err)
			continue
		}
		if err != nil {
			continue
		}
		if u.UID != c.uid || u.GID != c.gid || home != c.home || !slices.Equal(u.AdditionalGids, c.groups) {
			t.Errorf("%q: %d:%d %v %s, want %d:%d %v %s", c.spec, u.UID, u.GID, u.AdditionalGids, home, c.uid, c.gid, c.groups, c.home)
		}
	}
}

func TestGroupAdd(t *testing.T) {
	root := rootWith(t, map[string]string{"etc/passwd": passwd, "etc/group": group})
	u, _, err := resolveUser(root, "4000", []string{"video", "7"})
	slices.Sort(u.AdditionalGids)
	if err != nil || !slices.Equal(u.AdditionalGids, []uint32{7, 44}) {
		t.Errorf("%v %v", u.AdditionalGids, err)
	}
	if _, _, err := resolveUser(root, "0", []string{"nobody-knows"}); err == nil {
		t.Error("an unknown group was accepted")
	}
}

func TestUserWithoutFiles(t *testing.T) {
	root := rootWith(t, nil)
	if u, home, err := resolveUser(root, "", nil); err != nil || u.UID != 0 || home != "/" {
		t.Errorf("%v %s %v", u, home, err)
	}
	if _, _, err := resolveUser(root, "app", nil); err == nil {
		t.Error("a name without a passwd was accepted")
	}
}

func TestHostileUserFiles(t *testing.T) {
	huge := rootWith(t, map[string]string{"etc/passwd": strings.Repeat("a:x:1:1::/:/\n", maxUserFile/12)})
	if _, _, err := resolveUser(huge, "a", nil); err == nil {
		t.Error("a huge passwd was read")
	}
	// A link to the host's passwd is followed inside the root, where it leads nowhere.
	link := rootWith(t, map[string]string{"etc/x": ""})
	if err := os.Symlink("../../../../../../etc/passwd", filepath.Join(link.Name(), "etc/passwd")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := resolveUser(link, "daemon", nil); err == nil {
		t.Error("the host's passwd was read")
	}
	dir := rootWith(t, map[string]string{"etc/passwd/x": ""})
	if _, _, err := resolveUser(dir, "", nil); err == nil {
		t.Error("a directory was read as passwd")
	}
}

func FuzzResolveUser(f *testing.F) {
	for _, s := range []string{"", "root", "0:0", "app:video", "-1", "a:b:c", "4294967295"} {
		f.Add(s, passwd, group)
	}
	f.Fuzz(func(t *testing.T, spec, pw, gr string) {
		root := rootWith(t, map[string]string{"etc/passwd": pw, "etc/group": gr})
		u, _, err := resolveUser(root, spec, nil)
		if err == nil && (u.UID == 1<<32-1 || u.GID == 1<<32-1) {
			t.Errorf("%q became the id that means none", spec)
		}
	})
}
