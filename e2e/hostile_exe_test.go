package e2e

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A container never gets hold of our program (CVE-2019-5736): not when its
// entrypoint is /proc/self/exe, not while commands are executed in it, not as the
// init that we put above its process.
func TestOwnProgramIsOutOfReach(t *testing.T) {
	s := begin(t, `
services:
  link: { image: 'rootfs:./root', entrypoint: [/entry], restart: 'no' }
  script: { image: 'rootfs:./root', entrypoint: [/script], restart: 'no' }
  hostile: { image: 'rootfs:./root', entrypoint: [/probe, usurp], cap_add: [SYS_PTRACE, DAC_READ_SEARCH], stop_grace_period: 0s }
  init: { image: 'rootfs:./root', entrypoint: [/probe, usurp], cap_add: [ALL], init: true, stop_grace_period: 0s }
  all: { image: 'rootfs:./root', entrypoint: [/probe, usurp], privileged: true, stop_grace_period: 0s }
`)
	root := filepath.Join(s.dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := copyFile(filepath.Join(root, "probe"), built.probe); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/proc/self/exe", filepath.Join(root, "entry")); err != nil {
		t.Fatal(err)
	}
	s.write("root/script", "#!/proc/self/exe\n")
	if err := os.Chmod(filepath.Join(root, "script"), 0o755); err != nil {
		t.Fatal(err)
	}
	ours, probe := fileSum(t, built.compose), fileSum(t, filepath.Join(root, "probe"))
	for _, service := range []string{"link", "script"} {
		s.compose("up", "-d", service) // it may be refused
	}
	s.must("up", "-d", "hostile", "init", "all")
	services := []string{"hostile", "init", "all"}
	for _, service := range services {
		s.eventually("it begins", func() bool { return s.logged(service, "usurping") })
		// What process 1 is, its program says: none of ours on the host.
		got := s.must("exec", "-T", service, "/probe", "readlink", "/proc/1/exe")
		if strings.Contains(got, "mocker-compose") && !strings.Contains(got, "memfd:") {
			t.Errorf("%s: process 1 is %s", service, got)
		}
	}
	out, err := os.Create(filepath.Join(s.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	n := number(t, "MOCKER_TEST_EXECS", 60)
	for i := range n {
		if code, err := s.exec(services[i%len(services)], []string{"/probe", "exit", "0"}, out); err != nil || code != 0 {
			t.Fatalf("exec: exit %d, %v", code, err)
		}
	}
	for _, service := range services {
		for _, l := range s.logLines(service) {
			// Its own copy of the probe is its own business.
			if strings.HasPrefix(l, "usurped") && !strings.HasPrefix(l, "usurped /probe") {
				t.Errorf("%s: %s", service, l)
			}
		}
	}
	if fileSum(t, built.compose) != ours || fileSum(t, filepath.Join(root, "probe")) != probe {
		t.Error("a program of the host was overwritten")
	}
	t.Logf("%d execs", n)
}

func fileSum(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}
