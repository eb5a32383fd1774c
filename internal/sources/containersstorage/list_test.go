package containersstorage

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestNames(t *testing.T) {
	id := strings.Repeat("ab", 32)
	e := &imageEntry{ID: id, Digest: "sha256:" + strings.Repeat("0", 64), Names: []string{"docker.io/library/nginx:1.27", "localhost/mine:latest", "quay.io/a/b:2"}}
	for name, want := range map[string]bool{
		"nginx:1.27": true, "docker.io/library/nginx:1.27": true, "nginx": false, "mine": true, "localhost/mine": true, "mine:latest": true,
		"quay.io/a/b:2": true, "a/b:2": false, id: true, id[:12]: true, id[:11]: false, "sha256:" + id: true, "ab": false,
		"quay.io/a/b@" + e.Digest: true, "quay.io/a/c@" + e.Digest: false, "UPPER": false, "": false,
	} {
		if got := e.is(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPlaces(t *testing.T) {
	home := t.TempDir()
	vars := map[string]string{"HOME": home}
	getenv := func(name string) string { return vars[name] }
	write(t, home+"/store/vfs-images/images.json", "[]")
	write(t, home+"/more/overlay-images/images.json", "[]")
	conf := home + "/.config/containers/storage.conf"
	write(t, conf, "[storage]\ngraphroot = \"$HOME/store\"\n[storage.options]\nadditionalimagestores = [\""+home+"/more\", \""+home+"/none\"]\n")
	list, err := places(getenv, "")
	if err != nil || len(list) != 2 || list[0] != (place{home + "/store", "vfs", false}) || list[1] != (place{home + "/more", "overlay", true}) {
		t.Errorf("%+v, %v", list, err)
	}
	list, err = places(getenv, "overlay@"+home+"/more+"+home+"/run")
	if err != nil || list[0] != (place{home + "/more", "overlay", false}) {
		t.Errorf("by name: %+v, %v", list, err)
	}
	if _, err := places(getenv, home+"/none"); err != nil && !strings.Contains(err.Error(), "no podman storage in "+home+"/none") {
		t.Errorf("nothing there: %v", err)
	}
	write(t, conf, "[storage\n")
	if _, err := places(getenv, ""); err == nil || !strings.Contains(err.Error(), conf) {
		t.Errorf("a broken file: %v", err)
	}
}

// Who has the list locked to change it is waited for.
func TestLock(t *testing.T) {
	p := place{root: t.TempDir(), driver: "vfs"}
	path := filepath.Join(p.root, "vfs-images", "images.lock")
	write(t, path, "")
	other, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.FcntlFlock(other.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.lock(ctx, "images"); err == nil {
		t.Error("the lock of somebody else was taken")
	}
	other.Close()
	release, err := p.lock(t.Context(), "images")
	if err != nil {
		t.Fatal(err)
	}
	release()
	if release, err := p.lock(t.Context(), "none"); err != nil {
		t.Errorf("without a file: %v", err)
	} else {
		release()
	}
}
