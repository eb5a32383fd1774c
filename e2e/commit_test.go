package e2e

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// beginCommit has a container that has changed, added and removed files.
func beginCommit(t *testing.T, env ...string) *scenario {
	t.Helper()
	s := begin(t, `
services:
  a:
    image: base:1
    command: sleep 1000
    environment: { GIVEN: file }
    volumes: [ data:/data ]
  b: { image: "new:2", command: sleep 1000, profiles: [later] }
volumes: { data: {} }
`)
	s.env = append(s.env, env...)
	img := imagetest.Image{
		Names:  []string{"base:1"},
		Config: imagetest.Config{Env: []string{"PATH=/bin", "FROM=image"}, Cmd: []string{"sh"}, Labels: map[string]string{"old": "1"}},
		Layers: [][]imagetest.File{imagetest.Busybox(t), {{Name: "srv/"}, {Name: "srv/gone", Text: "x"}, {Name: "srv/kept", Text: "kept"}, {Name: "srv/dir/"}, {Name: "srv/dir/f", Text: "f"}, {Name: "data/"}}},
	}
	img.WriteDockerArchive(t, filepath.Join(s.dir, "base.tar"))
	s.must("image", "load", "-i", "base.tar")
	s.must("up", "-d")
	s.must("exec", "-T", "a", "sh", "-c", "rm /srv/gone; rm -r /srv/dir; mkdir /srv/dir; echo new >/srv/new; chown 5:6 /srv/new; chmod 4750 /srv/new; ln -s new /srv/link; echo v >/data/volume; echo t >/tmp/t")
	return s
}

// rootKinds are the ways to a container's root, by what forces them.
var rootKinds = map[string][]string{"overlay": nil, "copied": {"MOCKER_FORCE_NO_OVERLAY=1"}, "fuse": {"MOCKER_FORCE_FUSE=1"}}

// What a container has changed becomes an image, whatever state it is in, with an
// overlay and without.
func TestCommit(t *testing.T) {
	for what, env := range rootKinds {
		t.Run(what, func(t *testing.T) {
			if what == "fuse" {
				requireFuse(t)
			}
			s := beginCommit(t, env...)
			states := []string{"running", "paused", "stopped"}
			if what == "copied" {
				states = states[:1]
			}
			for _, state := range states {
				switch state {
				case "paused":
					s.must("pause", "a")
				case "stopped":
					s.must("unpause", "a")
					s.must("stop", "-t", "0", "a")
				}
				r := s.compose("commit", "-a", "Ann", "-m", "changes", "-c", "CMD [\"sleep\", \"99\"]", "-c", "LABEL new=2", "a", "new:2")
				if r.code != 0 || !strings.Contains(r.stderr, "-a-1  Committed as sha256:") {
					t.Fatalf("commit, %s: exit %d\n%s%s", state, r.code, r.stdout, r.stderr)
				}
				if out := s.must("ps", "-a", "--format", "{{.State}}", "a"); !strings.Contains(out, map[string]string{"stopped": "exited"}[state]) && !strings.Contains(out, state) {
					t.Errorf("after commit, %s: it is %s", state, out)
				}
				if out := s.must("image", "inspect", "-f", "{{.Author}}|{{.Config.Cmd}}|{{.Config.Labels}}|{{.Config.Env}}", "new:2"); out != "Ann|[sleep 99]|map[new:2 old:1]|[PATH=/bin FROM=image GIVEN=file]\n" {
					t.Errorf("%s: %s", state, out)
				}
				if out := s.must("image", "history", "--no-trunc", "--format", "{{.CreatedBy}}|{{.Comment}}", "new:2"); !strings.HasPrefix(out, "sleep 1000|changes\n") {
					t.Errorf("%s: history: %s", state, out)
				}
				got := s.must("run", "--rm", "-T", "b", "sh", "-c", "ls /srv /srv/dir /data; cat /srv/new /srv/kept; stat -c '%u:%g %a' /srv/new; readlink /srv/link; cat /tmp/t; stat -c %a /tmp")
				if want := "/data:\n\n/srv:\ndir\nkept\nlink\nnew\n\n/srv/dir:\nnew\nkept5:6 4750\nnew\nt\n1777\n"; got != want {
					t.Errorf("%s: inside: %q, want %q", state, got, want)
				}
			}
			s.fails(1, []string{"is not a valid change command"}, "commit", "-c", "RUN x", "a", "x:1")
			s.fails(1, []string{"lower case"}, "commit", "a", "X:1")
			s.fails(1, []string{"no such service: none"}, "commit", "none")
		})
	}
}

// A container's root comes out as a tar, without what is mounted in it.
func TestExport(t *testing.T) {
	for what, env := range rootKinds {
		t.Run(what, func(t *testing.T) {
			if what == "fuse" {
				requireFuse(t)
			}
			s := beginCommit(t, env...)
			states := []string{"running", "stopped"}
			if what == "copied" {
				states = states[:1]
			}
			for _, state := range states {
				if state == "stopped" {
					s.must("stop", "-t", "0", "a")
				}
				s.must("export", "-o", "out.tar", "a")
				names := exported(t, filepath.Join(s.dir, "out.tar"))
				for _, n := range []string{"srv/new", "srv/kept", "srv/link", "bin/busybox", "data/", "proc/", "tmp/t"} {
					if !slices.Contains(names, n) {
						t.Errorf("%s: %s is missing", state, n)
					}
				}
				for _, n := range names {
					if n == "srv/gone" || n == "srv/dir/f" || strings.HasPrefix(n, "data/v") || strings.HasPrefix(n, "proc/s") || strings.Contains(n, ".wh.") {
						t.Errorf("%s: %s is there", state, n)
					}
				}
			}
			if out := s.must("export", "a"); len(out) < 100_000 {
				t.Errorf("on standard output: %d bytes", len(out))
			}
			s.fails(1, []string{"no such file or directory"}, "export", "-o", "none/out.tar", "a")
			s.fails(1, []string{"write the archive: no space left on device"}, "export", "-o", "/dev/full", "a")
		})
	}
}

func exported(t *testing.T, path string) (names []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := tar.NewReader(f)
	for {
		h, err := r.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
}
