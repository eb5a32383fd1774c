package e2e

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// cp works on containers that run and on those that do not, with images and on
// the host's root file system, and sees what is mounted in them.
func TestCopy(t *testing.T) {
	s := begin(t, `services:
  host: { command: ./probe pause, volumes: ["vol:/vol", "./bind:/bind"] }
  own: { image: "rootfs:./root", command: /probe pause, volumes: ["vol:/vol", "./bind:/bind", "./one.conf:/etc/one.conf"] }
volumes: { vol: {} }
`)
	s.write("bind/from-here", "of the caller")
	s.write("one.conf", "old")
	s.write("root/etc/issue", "an image")
	if err := copyFile(filepath.Join(s.dir, "root/probe"), built.probe); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d")
	for _, state := range []string{"running", "exited"} {
		t.Run(state, func(t *testing.T) {
			s := s.in(t)
			for _, service := range []string{"host", "own"} {
				s.write("in", "text for "+service+" "+state)
				s.must("cp", "in", service+":/vol/"+service)
				s.must("cp", service+":/vol", "out-"+service+state)
				if got := s.read("out-" + service + state + "/" + service); got != "text for "+service+" "+state {
					t.Errorf("%s: %q came back", service, got)
				}
				s.must("cp", service+":/bind/from-here", "back")
				if got := s.read("back"); got != "of the caller" {
					t.Errorf("%s: %q of the bind mount", service, got)
				}
			}
			s.must("cp", "in", "own:/etc/issue")
			s.must("cp", "own:/etc/issue", "issue")
			if got := s.read("issue"); got != s.read("in") || s.read("root/etc/issue") != "an image" {
				t.Errorf("/etc/issue is %q, the image's %q", got, s.read("root/etc/issue"))
			}
			// A file that is a mount of its own is written, not replaced.
			s.must("cp", "in", "own:/etc/one.conf")
			if got := s.read("one.conf"); got != s.read("in") {
				t.Errorf("the source of the mounted file is %q", got)
			}
			s.must("cp", "own:/etc/hosts", "hosts")
			if got := s.read("hosts"); !strings.Contains(got, "localhost") {
				t.Errorf("/etc/hosts is %q", got)
			}
			s.fails(1, []string{"could not find the file /nope"}, "cp", "own:/nope", "x")
			s.fails(1, []string{"read-only file system"}, "cp", "in", "host:/etc/nope")
			if r := s.compose("cp", "own:/etc", "-"); r.code != 0 || !strings.Contains(names(t, r.stdout), "etc/ etc/hostname etc/hosts ") {
				t.Errorf("archive of %s: exit %d\n%s", names(t, r.stdout), r.code, r.stderr)
			}
		})
		s.must("stop", "-t", "0")
	}
	s.must("start")
	s.must("cp", "own:/etc/issue", "issue")
	if got := s.read("issue"); got != "text for own exited" {
		t.Errorf("after the start /etc/issue is %q", got)
	}
}

func names(t *testing.T, archive string) string {
	t.Helper()
	var out []string
	for tr := tar.NewReader(strings.NewReader(archive)); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return strings.Join(out, " ")
		}
		if err != nil {
			t.Errorf("the archive ends: %v", err)
			return strings.Join(out, " ")
		}
		out = append(out, h.Name)
	}
}

// What is copied out is the caller's; what is copied in is root's, or with -a that
// of its owner here.
func TestCopyOwners(t *testing.T) {
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("needs several ids: newuidmap and a range in /etc/subuid")
	}
	s := begin(t, "services:\n  a: { command: ./probe pause, tmpfs: [/t] }\n")
	s.must("up", "-d")
	s.must("exec", "-T", "a", "sh", "-c", "mkdir /t/d; echo x > /t/d/f; chmod 4711 /t/d/f; chown -R 33:44 /t/d; umask 0; : > /t/open")
	s.must("cp", "a:/t/d", "d")
	st, err := os.Stat(filepath.Join(s.dir, "d/f"))
	if err != nil {
		t.Fatal(err)
	}
	if sys := st.Sys().(*syscall.Stat_t); int(sys.Uid) != os.Getuid() || int(sys.Gid) != os.Getgid() || st.Mode() != 0o711 {
		t.Errorf("copied out: %d:%d %v, want the caller's, without setuid", sys.Uid, sys.Gid, st.Mode())
	}
	s.must("cp", "d", "a:/t/in")
	s.must("cp", "-a", "d", "a:/t/kept")
	for _, name := range []string{"in", "kept"} {
		if got := strings.TrimSpace(s.must("exec", "-T", "a", "stat", "-c", "%u:%g", "/t/"+name+"/f")); got != "0:0" {
			t.Errorf("%s belongs to %s: root in the container is the caller here", name, got)
		}
	}
	// An archive has ids of its own, which -a keeps.
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	uid := os.Getuid()
	for _, h := range []tar.Header{{Name: "mine", Uid: uid, Gid: os.Getgid(), Mode: 0o600}, {Name: "unknown", Uid: 4_000_000, Gid: 4_000_000, Mode: 0o600}} {
		h.Typeflag = tar.TypeReg
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if r := s.composeWith(b.String(), "cp", "-a", "-", "a:/t"); r.code != 0 {
		t.Fatalf("cp -a -: %s", r.stderr)
	}
	if got := strings.TrimSpace(s.must("exec", "-T", "a", "stat", "-c", "%u:%g", "/t/mine", "/t/unknown")); got != "0:0\n0:0" {
		t.Errorf("from the archive: %s", got)
	}
}

// While files are copied, somebody in the container exchanges directories for
// links to the host's (CVE-2018-15664): nothing gets out, nothing gets in.
func TestCopyRace(t *testing.T) {
	t.Run("openat2", func(t *testing.T) { copyRace(t, "") })
	t.Run("without openat2", func(t *testing.T) { copyRace(t, "MOCKER_FORCE_NO_OPENAT2=1") })
}

func copyRace(t *testing.T, force string) {
	s := begin(t, `services:
  evil:
    image: "rootfs:./root"
    command: /bin/busybox sh -c 'cd /w && while :; do /bin/busybox mv d away; /bin/busybox ln -s $$TARGET d; /bin/busybox rm d; /bin/busybox mv away d; done'
    environment: { TARGET: $CANARY }
`)
	testns.RequireProgram(t, "busybox", "busybox-static")
	program, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	s.write("root/bin/README", "")
	if err := copyFile(filepath.Join(s.dir, "root/bin/busybox"), program); err != nil {
		t.Fatal(err)
	}
	canary := filepath.Join(filepath.Dir(s.dir), "canary")
	for path, text := range map[string]string{"canary/secret": "host secret", "canary/sub/f": "host"} {
		full := filepath.Join(filepath.Dir(s.dir), path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.env = append(s.env, "CANARY="+canary, force)
	s.write("root/w/d/secret", "inside")
	s.write("in/secret", "overwritten")
	s.must("up", "-d")
	for n := range 40 {
		src := []string{"/w/d/secret", "/w/d/.", "/w/d", "/w"}[n%4]
		if r := s.compose("cp", "-L", "evil:"+src, "-"); strings.Contains(r.stdout, "host secret") {
			t.Fatalf("cp of %s brought a file of the host out", src)
		}
		s.compose("cp", "in/secret", "evil:/w/d/secret")
		s.compose("cp", "in/.", "evil:/w/d")
	}
	for path, want := range map[string]string{"secret": "host secret", "sub/f": "host"} {
		if b, err := os.ReadFile(filepath.Join(canary, path)); err != nil || string(b) != want {
			t.Errorf("the host's %s is %q, %v", path, b, err)
		}
	}
	if list, err := os.ReadDir(canary); err != nil || len(list) != 2 {
		t.Errorf("the host's directory has %v, %v", list, err)
	}
}
