package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// A service sees its own small world, with few rights in it.
func TestSandbox(t *testing.T) {
	s := begin(t, "services:\n  a: { command: sh -c './probe status; exec ./probe pause', hostname: mybox }\n  b: { command: ./probe pause }\n")
	s.must("up", "-d")
	s.eventually("a has spoken", func() bool { return strings.Contains(strings.Join(s.logLines("a"), "\n"), "link: eth0") })
	st := statusOf(strings.Join(s.logLines("a"), "\n"))
	for key, want := range map[string]string{
		"CapInh": "0000000000000000", "CapPrm": "00000000a80425fb", "CapEff": "00000000a80425fb",
		"CapBnd": "00000000a80425fb", "CapAmb": "0000000000000000",
		"Seccomp": "2", "SigBlk": "0000000000000000",
		"hostname": "mybox", "fds": "0 1 2", "cwd": s.dir,
		"read /proc/kcore": "empty", "read /proc/keys": "empty", "read /proc/timer_list": "empty", "read /sys/firmware": "empty",
		"write /": "no", "write /usr": "no", "write /etc/passwd": "no",
		"write /proc/sys/kernel/hostname": "no", "write /proc/sysrq-trigger": "no", "write /sys/kernel": "no",
		"write /dev/null": "yes", "write /dev/shm/x": "yes", "write /tmp/x": "yes", "write /run/x": "yes", "write ./probe-wrote": "yes",
	} {
		got := st[key]
		if strings.HasPrefix(key, "read ") && got == "absent" {
			continue // this machine does not have it
		}
		if got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if !strings.Contains(st["link"], "lo") || !strings.Contains(st["link"], "eth0") {
		t.Errorf("links: %s, want lo and eth0", st["link"])
	}
	ours := readLinks("/proc/self/ns/")
	for kind, link := range s.inside("b", "/proc/1/ns/") {
		if ours[kind] == link {
			t.Errorf("the %s namespace is this machine's", kind)
		}
	}
}

// A service starts with every signal as the system has it, whatever the shell
// that called up had ignored (nohup does that).
func TestSignalsAreReset(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	cmd := s.command(t.Context())
	cmd.Path = "/bin/sh"
	cmd.Args = []string{"sh", "-c", "trap '' HUP INT TERM USR1; exec " + built.compose + " up -d"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("up: %v\n%s", err, out)
	}
	ignored, err := strconv.ParseUint(strings.TrimSpace(s.must("exec", "-T", "a", "sed", "-n", "s/^SigIgn:\t//p", "/proc/1/status")), 16, 64)
	// Signals 32 and 33 are the C library's own, and Go leaves them alone.
	if ignored &^= 3 << 31; err != nil || ignored != 0 {
		t.Errorf("process 1 ignores signals: %x, %v", ignored, err)
	}
}

// inside lists links below a directory as a service sees them.
func (s *scenario) inside(service, dir string) map[string]string {
	s.t.Helper()
	links := map[string]string{}
	for _, kind := range []string{"pid", "mnt", "net", "uts", "ipc", "user", "cgroup"} {
		links[kind] = strings.TrimSpace(s.must("exec", "-T", service, "readlink", dir+kind))
	}
	return links
}

func readLinks(dir string) map[string]string {
	links := map[string]string{}
	for _, kind := range []string{"pid", "mnt", "net", "uts", "ipc", "user", "cgroup"} {
		if l, err := os.Readlink(dir + kind); err == nil {
			links[kind] = l
		}
	}
	return links
}

// What root in a container writes to a bind mount belongs to the caller, and a
// read-only mount cannot be written.
func TestBindMounts(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: ./probe pause
    volumes:
      - ./shared:/shared
      - ./closed:/closed:ro
      - { type: bind, source: ./file.txt, target: /run/file.txt, read_only: true }
      - { type: tmpfs, target: /scratch }
      - named:/named
volumes: { named: {} }
`)
	for _, name := range []string{"shared/old", "closed/old", "file.txt"} {
		s.write(name, "old")
	}
	s.must("up", "-d")
	s.must("exec", "-T", "a", "sh", "-c", "echo new >/shared/new && echo x >/scratch/x && echo y >/named/y")
	st, err := os.Stat(filepath.Join(s.dir, "shared/new"))
	if err != nil {
		t.Fatal(err)
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); !ok || int(sys.Uid) != os.Getuid() || int(sys.Gid) != os.Getgid() {
		t.Errorf("the new file belongs to %+v, want the caller", st.Sys())
	}
	for _, target := range []string{"/closed/new", "/run/file.txt"} {
		if r := s.compose("exec", "-T", "a", "sh", "-c", "echo no >"+target); r.code == 0 {
			t.Errorf("%s could be written", target)
		}
	}
	if got := s.must("exec", "-T", "a", "cat", "/run/file.txt"); got != "old" {
		t.Errorf("file.txt holds %q inside", got)
	}
	s.must("up", "-d", "--force-recreate")
	if got := s.must("exec", "-T", "a", "cat", "/named/y"); got != "y\n" {
		t.Errorf("the named volume holds %q in the next container", got)
	}
	if r := s.compose("exec", "-T", "a", "cat", "/scratch/x"); r.code == 0 {
		t.Error("a tmpfs outlived its container")
	}
}

// Another id inside owns its files as a subordinate id outside; unshare is the
// way to deal with those.
func TestUnshare(t *testing.T) {
	testns.RequireIDRange(t)
	s := begin(t, "services:\n  a: { command: ./probe pause, user: \"33:33\", volumes: [./shared:/shared] }\n")
	s.write("shared/keep", "")
	if err := os.Chmod(filepath.Join(s.dir, "shared"), 0o777); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d")
	s.must("exec", "-T", "a", "sh", "-c", "mkdir /shared/d && echo x >/shared/d/theirs && chmod 700 /shared/d")
	if err := os.RemoveAll(filepath.Join(s.dir, "shared/d")); err == nil {
		t.Error("the directory could be removed without unshare: it does not belong to another id")
	}
	s.must("unshare", "rm", "-r", "shared/d")
	if _, err := os.Lstat(filepath.Join(s.dir, "shared/d")); err == nil {
		t.Error("unshare rm left it")
	}
	if r := s.compose("unshare", "sh", "-c", "exit 9"); r.code != 9 {
		t.Errorf("unshare: exit %d, want the command's 9", r.code)
	}
}

// Capabilities and the root file system are what the file says.
func TestSandboxOptions(t *testing.T) {
	s := begin(t, `
services:
  none: { command: ./probe pause, cap_drop: [ALL] }
  more: { command: ./probe pause, cap_drop: [ALL], cap_add: [NET_BIND_SERVICE] }
  user: { command: ./probe pause, user: "12" }
`)
	s.must("up", "-d")
	for name, want := range map[string]string{"none": "0000000000000000", "more": "0000000000000400"} {
		if got := statusOf(s.must("exec", "-T", name, "./probe", "status"))["CapBnd"]; got != want {
			t.Errorf("%s: CapBnd %s, want %s", name, got, want)
		}
	}
	if st := statusOf(s.must("exec", "-T", "user", "./probe", "status")); !strings.HasPrefix(st["Uid"], "12") || st["CapEff"] != "0000000000000000" {
		t.Errorf("user: Uid %q, CapEff %q", st["Uid"], st["CapEff"])
	}
}
