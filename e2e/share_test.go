package e2e

import (
	"os"
	"strings"
	"testing"
)

// A service in another's pid namespace sees its processes, and ends with it.
func TestSharedPID(t *testing.T) {
	s := begin(t, `
services:
  main: { command: ./probe pause }
  side: { command: sh -c './probe family & exec ./probe pause', pid: "service:main", init: true, stop_grace_period: 1s }
  named: { command: ./probe pause, pid: "container:given", stop_signal: SIGKILL }
  other: { command: ./probe pause, container_name: given }
`)
	s.must("up", "-d")
	pids := func(service string) string {
		return strings.TrimSpace(s.must("exec", "-T", service, "readlink", "/proc/1/ns/pid"))
	}
	if pids("side") != pids("main") || pids("named") != pids("other") || pids("main") == pids("other") {
		t.Errorf("pid namespaces: main %s, side %s, other %s, named %s", pids("main"), pids("side"), pids("other"), pids("named"))
	}
	family := func() int {
		return strings.Count(s.must("exec", "-T", "main", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"), "probe stay")
	}
	s.eventually("the family is there", func() bool { return family() == 3 })
	if root := s.must("exec", "-T", "main", "sh", "-c", "ls /proc/1/root >/dev/null && echo ok"); root != "ok\n" {
		t.Errorf("main sees its own root: %q", root)
	}
	// What side leaves behind in main's pid namespace ends with it.
	s.must("stop", "side")
	if n := family(); n != 0 {
		t.Errorf("%d processes of side outlived it in main's pid namespace", n)
	}
	if s.state("main-1") != "running" {
		t.Error("main has ended with side")
	}
	s.must("start", "side")
	s.eventually("the family is back", func() bool { return family() == 3 })
	// A restart of main takes side along.
	s.must("exec", "-T", "side", "touch", "/tmp/of-this-run")
	s.must("restart", "-t", "0", "main")
	s.eventually("side was started anew with main", func() bool { // it may still be seen as it was before
		r := s.compose("exec", "-T", "side", "sh", "-c", "test ! -e /tmp/of-this-run && readlink /proc/1/ns/pid")
		return r.code == 0 && strings.TrimSpace(r.stdout) == pids("main")
	})
	// A one-off container is none of the service's replicas.
	if got := strings.TrimSpace(s.must("run", "--rm", "-T", "named", "readlink", "/proc/self/ns/pid")); got != pids("other") {
		t.Errorf("run of a service in another's pid namespace is in %s, want %s", got, pids("other"))
	}
	// Without main it cannot start, and says so.
	s.must("stop", "-t", "0", "main", "side")
	s.fails(1, []string{"side", "service:main", "does not run"}, "up", "-d", "--no-deps", "side")
	s.must("up", "-d")
	s.must("kill", "main")
	s.eventually("side has ended with main", func() bool { return s.state("side-1") == "exited" })
}

// pause and top of one leave the other alone.
func TestSharedPIDPause(t *testing.T) {
	s := begin(t, `
services:
  main: { command: sh -c './probe family & exec ./probe trap' }
  side: { command: sh -c './probe family & exec ./probe pause', pid: "service:main" }
  host: { command: ./probe lines 10000 50ms line, pid: host }
`)
	s.must("up", "-d")
	stopped := func() (n int) {
		for _, pid := range s.userProcesses() {
			if procState(pid) == 'T' || isFrozen(pid) {
				n++
			}
		}
		return n
	}
	tops := func(service string) int { return strings.Count(s.must("top", service), "probe") }
	s.eventually("all are there", func() bool { return tops("main") == 5 && tops("side") == 5 && tops("host") == 1 })
	for _, service := range []string{"side", "main"} {
		s.must("pause", service)
		// A process stands still when it next would run (signal(7)).
		s.eventually("with "+service+" paused 5 processes stand still", func() bool { return stopped() == 5 })
		s.must("unpause", service)
		if n := stopped(); n != 0 {
			t.Errorf("%d processes still stand still", n)
		}
	}
	s.must("pause", "host")
	s.eventually("with host paused it stands still", func() bool { return stopped() > 0 })
	if n := stopped(); n != 1 {
		t.Errorf("with host paused %d processes stand still, want its one", n)
	}
	s.must("unpause", "host")
}

// The supervisor dies: what ran in a shared namespace is still swept after.
func TestSharedPIDAdopted(t *testing.T) {
	s := begin(t, `
services:
  main: { command: ./probe pause }
  side: { command: sh -c './probe family & sleep 0.5; exec ./probe pause', pid: "service:main" }
`)
	s.must("up", "-d")
	family := func() int {
		return strings.Count(s.must("exec", "-T", "main", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"), "probe stay")
	}
	s.eventually("the family is there", func() bool { return family() == 3 })
	s.killSupervisor()
	s.eventually("the supervisor is back", func() bool { return s.compose("ps").code == 0 })
	s.must("kill", "side")
	s.eventually("its family has ended", func() bool { return family() == 0 })
}

// pid: host sees the project, and nothing of the host.
func TestHostPID(t *testing.T) {
	s := begin(t, `
services:
  a: { command: ./probe pause, pid: host }
  b: { command: ./probe trap }
`)
	s.must("up", "-d")
	all := s.must("exec", "-T", "a", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
	if !strings.Contains(all, "probe trap") || !strings.Contains(all, "project-holder") {
		t.Errorf("it does not see the project: %q", all)
	}
	if strings.Contains(all, "e2e.test") || strings.Contains(all, "supervisor") {
		t.Errorf("it sees the host: %q", all)
	}
	for _, path := range []string{"/proc/1/environ", "/proc/1/root/etc", "/proc/1/fd", "/proc/1/exe", "/proc/1/mem"} {
		if r := s.compose("exec", "-T", "a", "sh", "-c", "ls -l "+path+" >/dev/null && (ls "+path+"/ || head -c1 "+path+")"); r.code == 0 {
			t.Errorf("%s of the holder can be read: %q", path, r.stdout)
		}
	}
	s.must("kill", "a")
	s.eventually("a has ended", func() bool { return s.state("a-1") == "exited" })
	if s.state("b-1") != "running" {
		t.Error("b has ended with a")
	}
}

// Services that share an ipc namespace share its /dev/shm and its queues.
func TestSharedIPC(t *testing.T) {
	s := begin(t, `
services:
  main: { command: ./probe pause, ipc: shareable, shm_size: 1m }
  side: { command: ./probe pause, ipc: "service:main" }
  own: { command: ./probe pause }
  host: { command: ./probe pause, ipc: host }
`)
	s.must("up", "-d")
	s.must("exec", "-T", "main", "sh", "-c", "echo shared >/dev/shm/x")
	if got := s.must("exec", "-T", "side", "cat", "/dev/shm/x"); got != "shared\n" {
		t.Errorf("side reads %q", got)
	}
	if r := s.compose("exec", "-T", "own", "cat", "/dev/shm/x"); r.code == 0 {
		t.Error("own sees main's /dev/shm")
	}
	ns := func(service string) string { return s.inside(service, "/proc/self/ns/")["ipc"] }
	host, err := os.Readlink("/proc/self/ns/ipc")
	if err != nil {
		t.Fatal(err)
	}
	if ns("side") != ns("main") || ns("own") == ns("main") || ns("host") != host || ns("main") == host {
		t.Errorf("ipc namespaces: main %s, side %s, own %s, host %s of %s", ns("main"), ns("side"), ns("own"), ns("host"), host)
	}
	// The namespace outlives its first owner while somebody is in it.
	s.must("kill", "main")
	if got := s.must("exec", "-T", "side", "cat", "/dev/shm/x"); got != "shared\n" {
		t.Errorf("after the end of main side reads %q", got)
	}
}

// uts: the host's name cannot be changed from inside.
func TestSharedUTS(t *testing.T) {
	s := begin(t, `
services:
  host: { command: ./probe pause, uts: host, cap_add: [SYS_ADMIN] }
  main: { command: ./probe pause, hostname: boss, domainname: example.org }
  side: { command: ./probe pause, uts: "service:main" }
`)
	s.must("up", "-d")
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for service, want := range map[string]string{"host": name, "main": "boss", "side": "boss"} {
		if got := s.must("exec", "-T", service, "sh", "-c", "hostname; echo $HOSTNAME; cat /etc/hostname"); got != strings.Repeat(want+"\n", 3) {
			t.Errorf("%s is called %q, want %s", service, got, want)
		}
	}
	if r := s.compose("exec", "-T", "host", "hostname", "changed"); r.code == 0 {
		t.Error("the host's name could be changed")
	}
	if now, err := os.Hostname(); err != nil || now != name {
		t.Errorf("the host is called %s now, %v", now, err)
	}
}

// cgroup: host shows where a service is in the host's tree.
func TestCgroupNamespace(t *testing.T) {
	s := begin(t, "services:\n  host: { command: ./probe pause, cgroup: host }\n  own: { command: ./probe pause, cgroup: private }\n")
	s.must("up", "-d")
	host, err := os.Readlink("/proc/self/ns/cgroup")
	if err != nil {
		t.Skip(err)
	}
	if got := s.inside("host", "/proc/self/ns/")["cgroup"]; got != host {
		t.Errorf("cgroup namespace %s, want %s", got, host)
	}
	if got := s.inside("own", "/proc/self/ns/")["cgroup"]; got == host {
		t.Error("the other one is in the host's cgroup namespace too")
	}
}
