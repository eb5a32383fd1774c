package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// smallRootFS is a root file system in a tar: the probe alone.
func smallRootFS(t *testing.T) []byte {
	t.Helper()
	probe, err := os.ReadFile(built.probe)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "etc/mark", Typeflag: tar.TypeReg, Mode: 0o644, Size: 5},
		{Name: "bin/probe", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(probe))},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		content := probe
		if h.Name == "etc/mark" {
			content = []byte("mark\n")
		}
		if h.Size > 0 {
			if _, err := w.Write(content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A root file system may be a tar, packed in every usual way, or a directory.
// It is shared: what one container writes, no other sees.
func TestRootFS(t *testing.T) {
	plain := smallRootFS(t)
	for name, pack := range map[string]func(io.Writer) (io.WriteCloser, error){
		"plain.tar":    nil,
		"small.tar.gz": func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
		"small.tar.xz": xzWriter,
		"small.tar.zst": func(w io.Writer) (io.WriteCloser, error) {
			return zstd.NewWriter(w)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(t, "services:\n  w: { image: 'rootfs:./"+name+"', command: /bin/probe write /etc/mine x }\n  r: { image: 'rootfs:./"+name+"', command: /bin/probe pause }\n")
			s.write(name, string(packed(t, plain, pack)))
			s.must("up", "-d")
			s.eventually("w has written", func() bool { c := s.ps()["w-1"]; return c.State == "exited" && c.ExitCode == 0 })
			st := statusOf(s.must("exec", "-T", "r", "/bin/probe", "status"))
			if st["cwd"] != "/" || st["write /"] != "yes" {
				t.Errorf("cwd %q, root writable %q: want / and yes", st["cwd"], st["write /"])
			}
			if r := s.compose("exec", "-T", "r", "/bin/probe", "write", "/etc/mark/x", ""); r.code == 0 {
				t.Error("a file was taken for a directory")
			}
		})
	}
}

// xzWriter packs by the program xz where there is one: the package takes twenty times as long.
func xzWriter(w io.Writer) (io.WriteCloser, error) {
	cmd := exec.Command("xz", "-0", "-c")
	cmd.Stdout = w
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return xz.NewWriter(w)
	}
	return &program{in, cmd}, nil
}

// program is one that packs what is written.
type program struct {
	io.WriteCloser
	cmd *exec.Cmd
}

func (p *program) Close() error { return errors.Join(p.WriteCloser.Close(), p.cmd.Wait()) }

func packed(t *testing.T, plain []byte, pack func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	if pack == nil {
		return plain
	}
	var b bytes.Buffer
	w, err := pack(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A directory is used in place and never written.
func TestRootFSDirectory(t *testing.T) {
	s := begin(t, "services:\n  w: { image: 'rootfs:./root', command: /probe write /mine x }\n")
	if err := os.Mkdir(filepath.Join(s.dir, "root"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := copyFile(filepath.Join(s.dir, "root/probe"), built.probe); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d")
	s.eventually("w has written", func() bool { c := s.ps()["w-1"]; return c.State == "exited" && c.ExitCode == 0 })
	entries, err := os.ReadDir(filepath.Join(s.dir, "root"))
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory now holds %v, %v: want the probe alone", entries, err)
	}
}

// A tar that tries to leave its directory must not, and up says so or goes on.
func TestHostileTar(t *testing.T) {
	s := begin(t, "services:\n  w: { image: 'rootfs:./evil.tar', command: /bin/probe pause }\n")
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "../../../escaped", Typeflag: tar.TypeReg, Mode: 0o644, Size: 1},
		{Name: "link", Typeflag: tar.TypeSymlink, Linkname: s.dir},
		{Name: "link/escaped", Typeflag: tar.TypeReg, Mode: 0o644, Size: 1},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s.write("evil.tar", b.String())
	if r := s.compose("up", "-d"); r.code == 0 {
		t.Error("up succeeded with a root file system that has no program")
	}
	err := filepath.WalkDir(filepath.Dir(s.dir), func(path string, d os.DirEntry, err error) error {
		if d != nil && d.Name() == "escaped" && !strings.Contains(path, "/rootfs/") {
			t.Errorf("written outside: %s", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The example with busybox.
func TestExampleRootFSTar(t *testing.T) {
	testns.RequireProgram(t, "busybox", "busybox-static")
	s := beginExample(t, "rootfs-tar")
	cmd := exec.CommandContext(t.Context(), "./make-rootfs")
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("make-rootfs: %v: %s", err, out)
	}
	s.must("up", "-d")
	s.eventually("it says hello", func() bool { return strings.Contains(strings.Join(s.logLines("hello"), " "), "I am pid 1") })
}
