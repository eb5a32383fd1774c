package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// TestUmask: whoever has umask 077 gets containers and images that others than root
// can use, although all of ours that makes them was started with it.
func TestUmask(t *testing.T) {
	requireIDs(t)
	s := begin(t, `
services:
  a:
    build: .
    user: "1000"
    command: ls -ld / /etc /dev /proc /data /made
    volumes: ["data:/data"]
volumes: {data: {}}
`)
	s.withBusybox(".")
	s.write("Dockerfile", busyboxBase+"FROM base\nRUN mkdir /made && echo root::0:0::/:/bin/sh >/etc/passwd\nUSER 1000\nRUN cat /etc/passwd /etc/resolv.conf >/dev/null && ls -ld / /etc\n")
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `umask 077; exec "$0" up`, built.compose)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, dir := range []string{"/", "/etc", "/dev", "/data", "/made"} {
		if !strings.Contains(string(out), dir+"\n") {
			t.Errorf("%s is missing", dir)
		}
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "a-1 ") && !strings.Contains(line, " exited ") && !strings.Contains(line, "r-x ") {
			t.Errorf("others cannot enter: %s", line)
		}
	}
}
