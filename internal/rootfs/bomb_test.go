package rootfs

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestCompressedBomb: 64 MiB of headers that never become an entry.
func TestCompressedBomb(t *testing.T) {
	one := archive(t, []tar.Header{{Name: "f", Typeflag: tar.TypeReg, PAXRecords: map[string]string{"SCHILY.xattr.user.x": strings.Repeat("x", 500_000)}}})
	global := one[:len(one)-1024-512] // the extended header alone
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for range 128 {
		w.Write(global)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, t.TempDir())
	s.Limits.Bytes = 4 << 20
	_, err := s.Prepare(t.Context(), write(t, t.TempDir()+"/a.tar.gz", b.Bytes()))
	if err == nil || !strings.Contains(err.Error(), "after decompression") {
		t.Errorf("%v", err)
	}
	noLeftovers(t, s)
}

const killEnv = "ROOTFS_TEST_KILL"

// TestKilledUnpack kills a process at random moments of its unpacking; the next
// one finds either a whole tree or none.
func TestKilledUnpack(t *testing.T) {
	if where := os.Getenv(killEnv); where != "" {
		dir, path, _ := strings.Cut(where, ":")
		s := openStore(t, dir)
		fmt.Println("unpacking")
		prepare(t, s, path)
		return
	}
	var entries []tar.Header
	for i := range 300 {
		entries = append(entries, file(fmt.Sprintf("d%d/f%d", i%50, i)))
	}
	path := write(t, t.TempDir()+"/a.tar", archive(t, entries))
	for range 4 {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestKilledUnpack$")
		cmd.Env = append(os.Environ(), killEnv+"="+dir+":"+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		out.Read(make([]byte, 1))
		time.Sleep(rand.N(40 * time.Millisecond))
		cmd.Process.Kill()
		cmd.Wait()
		s := openStore(t, dir)
		r := prepare(t, s, path)
		for i := range 300 {
			name := fmt.Sprintf("%s/d%d/f%d", r.Lower, i%50, i)
			if b, err := os.ReadFile(name); err != nil || string(b) != "evil" {
				t.Fatalf("%s: %q, %v", name, b, err)
			}
		}
		noLeftovers(t, s)
	}
}
