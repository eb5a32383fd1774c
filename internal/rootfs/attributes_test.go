package rootfs

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fileCap is CAP_NET_RAW, effective, as security.capability has it (version 2).
const fileCap = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

var stamp = time.Unix(1_000_000_000, 5)

func owned(h tar.Header, uid, gid int, m int64) tar.Header {
	h.Uid, h.Gid, h.Mode, h.ModTime, h.Format = uid, gid, m, stamp, tar.FormatPAX
	return h
}

// attributed is an archive with all attributes that are kept.
func attributed(t *testing.T) []byte {
	ping := owned(file("bin/ping"), 0, 0, 0o755)
	ping.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": fileCap, "SCHILY.xattr.user.mine": "yes"}
	return archive(t, []tar.Header{
		owned(folder("."), 0, 0, 0o711),
		owned(folder("tmp"), 0, 0, 0o1777), owned(folder("closed"), 0, 0, 0), owned(file("closed/f"), 0, 0, 0),
		owned(folder("bin"), 0, 0, 0o755), ping,
		owned(file("bin/su"), 0, 0, 0o4755), owned(file("bin/at"), 1, 2, 0o6755),
		owned(link("bin/l", "su"), 3, 4, 0o777), owned(special(tar.TypeFifo, "p"), 0, 0, 0o622),
		owned(folder("home/u"), 1000, 1000, 0o2750), special(tar.TypeChar, "dev/null"),
		owned(file("far"), 70000, 70000, 0o644),
	})
}

type wanted struct {
	uid, gid, mode uint32
}

func check(t *testing.T, lower string, want map[string]wanted) {
	t.Helper()
	for name, w := range want {
		var st unix.Stat_t
		if err := unix.Lstat(filepath.Join(lower, name), &st); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := (wanted{st.Uid, st.Gid, st.Mode & 0o7777}); got != w {
			t.Errorf("%s: owner %d:%d mode %o, want %d:%d %o", name, got.uid, got.gid, got.mode, w.uid, w.gid, w.mode)
		}
		if st.Mtim.Nano() != stamp.UnixNano() && name != "." {
			t.Errorf("%s: time %d, want %d", name, st.Mtim.Nano(), stamp.UnixNano())
		}
	}
	if _, err := os.Lstat(filepath.Join(lower, "dev/null")); err == nil {
		t.Error("a device node was made")
	}
}

func TestAttributesAsRoot(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: a plain user cannot give files away outside of a user namespace")
	}
	s := openStore(t, t.TempDir())
	if s.single {
		t.Skip("this root has one id only")
	}
	testKept(t, s, wanted{70000, 70000, 0o644}, []string{"1 device node"})
}

// TestAttributesWithMappedIDs: as in production, root of a namespace of 65536 ids.
func TestAttributesWithMappedIDs(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to write a map of many ids; newuidmap is tested with the holder")
	}
	if inNamespace(t, 100000, 100000, 65536) {
		testKept(t, openStore(t, t.TempDir()), wanted{0, 0, 0o644}, []string{"1 device node", "1 files belong to root"})
	}
}

// testKept expects everything to be as in the archive; far is the file whose
// owner is beyond 65536.
func testKept(t *testing.T, s *Store, far wanted, notices []string) {
	t.Helper()
	r := prepare(t, s, write(t, t.TempDir()+"/a.tar", attributed(t)))
	check(t, r.Lower, map[string]wanted{
		".": {0, 0, 0o711}, "tmp": {0, 0, 0o1777}, "closed": {0, 0, 0}, "closed/f": {0, 0, 0}, "bin": {0, 0, 0o755},
		"bin/su": {0, 0, 0o4755}, "bin/at": {1, 2, 0o6755}, "bin/l": {3, 4, 0o777}, "p": {0, 0, 0o622},
		"home/u": {1000, 1000, 0o2750}, "far": far,
	})
	ping := filepath.Join(r.Lower, "bin/ping")
	b := make([]byte, 100)
	if n, err := unix.Getxattr(ping, "security.capability", b); err != nil || string(b[:n]) != fileCap {
		t.Errorf("capability %q, %v", b[:n], err)
	}
	if n, err := unix.Getxattr(ping, "user.mine", b); err == unix.ENOTSUP {
		t.Logf("user.mine not checked: the file system of %s has no such attributes", ping)
	} else if err != nil || string(b[:n]) != "yes" {
		t.Errorf("user.mine %q, %v", b[:n], err)
	}
	if len(r.Notices) != len(notices) {
		t.Errorf("notices %q, want %q", r.Notices, notices)
	}
	for _, want := range notices {
		if !strings.Contains(strings.Join(r.Notices, "\n"), want) {
			t.Errorf("notices %q, want one that says %q", r.Notices, want)
		}
	}
	r.Close()
	if _, err := s.Prune(nil); err != nil {
		t.Error(err)
	}
}

func TestAttributesWithASingleID(t *testing.T) {
	if !inNamespace(t, os.Getuid(), os.Getgid(), 1) {
		return
	}
	s := openStore(t, t.TempDir())
	if !s.single {
		t.Fatal("the store believes that it has several ids")
	}
	r := prepare(t, s, write(t, t.TempDir()+"/a.tar", attributed(t)))
	check(t, r.Lower, map[string]wanted{
		".": {0, 0, 0o711}, "tmp": {0, 0, 0o1777}, "closed": {0, 0, 0}, "closed/f": {0, 0, 0},
		"bin/su": {0, 0, 0o4755}, "bin/at": {0, 0, 0o755}, "bin/l": {0, 0, 0o777}, "p": {0, 0, 0o622},
		"home/u": {0, 0, 0o2750}, "far": {0, 0, 0o644},
	})
	if !strings.HasSuffix(r.Digest, "-single") {
		t.Errorf("a tree without owners is called %s, as one with", r.Digest)
	}
	all := strings.Join(r.Notices, "\n")
	for _, want := range []string{"only one user id", "/etc/subuid", "1 device node", "1 files lost their setuid"} {
		if !strings.Contains(all, want) {
			t.Errorf("notices %q, want one that says %q", r.Notices, want)
		}
	}
}

func TestUmaskDoesNotMatter(t *testing.T) {
	defer unix.Umask(unix.Umask(0o077))
	s := openStore(t, t.TempDir())
	r := prepare(t, s, write(t, t.TempDir()+"/a.tar", archive(t, []tar.Header{file("a/b/f")})))
	for name, want := range map[string]os.FileMode{".": 0o755, "a": 0o755, "a/b": 0o755, "a/b/f": 0o644} {
		if st, err := os.Stat(filepath.Join(r.Lower, name)); err != nil || st.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", name, st.Mode(), err, want)
		}
	}
}
