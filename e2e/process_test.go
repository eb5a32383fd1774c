package e2e

import (
	"strings"
	"testing"
)

// What the file says of a process holds for it, for exec and for health checks.
func TestProcessKeys(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: sh -c 'cat /proc/self/limits /proc/self/oom_score_adj >/tmp/start; umask >>/tmp/start; touch /tmp/ready; exec sleep 10000'
    ulimits: { nofile: { soft: 100, hard: 200 }, core: 0, memlock: 65536, nproc: { soft: 300, hard: 99999999 } }
    oom_score_adj: 321
    umask: "0027"
    sysctls: { net.core.somaxconn: 77, kernel.shmmax: 12345678, kernel.shm_rmid_forced: 1, kernel.msgmax: 9999, fs.mqueue.msg_max: 22 }
    working_dir: /usr/lib
    hostname: box
    domainname: example.org
    extra_hosts: [ "one=10.0.0.1", "six:::1", "gate=host-gateway" ]
    annotations: { a.b/c: d }
    labels: [ x=y ]
    healthcheck: { test: [CMD-SHELL, 'cat /proc/self/limits >/tmp/h.new && mv /tmp/h.new /tmp/health && test -e /tmp/ready'], start_period: 60s, start_interval: 100ms }
  low: { command: ./probe pause, oom_score_adj: -900 }
  host: { command: ./probe pause, network_mode: host, extra_hosts: [ "gate=host-gateway" ] }
`)
	r := s.compose("up", "-d", "--wait")
	if r.code != 0 {
		t.Fatal(r.stderr)
	}
	for _, once := range []string{"service a: ulimit nproc of 300:99999999", "service low: oom_score_adj -900", "abstract unix sockets"} {
		if n := strings.Count(r.stderr, once); n != 1 {
			t.Errorf("%q is said %d times, want once:\n%s", once, n, r.stderr)
		}
	}
	for way, text := range map[string]string{
		"start": s.must("exec", "-T", "a", "cat", "/tmp/start"), "health check": s.must("exec", "-T", "a", "cat", "/tmp/health"),
		"exec": s.must("exec", "-T", "a", "cat", "/proc/self/limits"),
	} {
		squeezed := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{"Max open files 100 200", "Max core file size 0 0", "Max locked memory 65536 65536", "Max processes 300 "} {
			if !strings.Contains(squeezed, want) {
				t.Errorf("%s: no %q in %s", way, want, squeezed)
			}
		}
	}
	if end := s.must("exec", "-T", "a", "tail", "-n2", "/tmp/start"); end != "321\n0027\n" {
		t.Errorf("score and umask at the start: %q", end)
	}
	for command, want := range map[string]string{
		"cat /proc/self/oom_score_adj": "321", "umask": "0027", "pwd": "/usr/lib", "hostname": "box", "hostname -d": "example.org",
		"cat /proc/sys/net/core/somaxconn": "77", "cat /proc/sys/kernel/shmmax": "12345678", "cat /proc/sys/kernel/shm_rmid_forced": "1",
		"cat /proc/sys/kernel/msgmax": "9999", "cat /proc/sys/fs/mqueue/msg_max": "22",
		"echo 1 >/proc/sys/net/core/somaxconn || echo refused": "refused",
		"grep -c one$ /etc/hosts":                              "1", "grep six$ /etc/hosts": "::1\tsix", "grep -c gate$ /etc/hosts": "1",
	} {
		if got := strings.TrimSpace(s.compose("exec", "-T", "a", "sh", "-c", "exec 2>/dev/null; "+command).stdout); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
	if got := s.must("exec", "-T", "host", "grep", "gate", "/etc/hosts"); got != "127.0.0.1\tgate\n" {
		t.Errorf("in the host's network gate is %q", got)
	}
}

// A file with what cannot be done changes nothing.
func TestProcessRefusals(t *testing.T) {
	s := begin(t, "services: { a: { command: ./probe pause } }\n")
	s.must("up", "-d")
	before := s.ps()["a-1"].ID
	for text, want := range map[string]string{
		"sysctls: { vm.max_map_count: 1 }":      "sudo sysctl -w vm.max_map_count=",
		"ulimits: { files: 1 }":                 "limits are: core",
		"cap_add: [EVERYTHING]":                 "capabilities(7)",
		"security_opt: ['seccomp:./none.json']": "no such file",
		"security_opt: ['seccomp:./bad.json']":  "bad.json:3",
		"pid: 'service:none'":                   "cannot be joined",
		"devices: ['vendor.com/class=dev']":     "no device vendor.com/class=dev is described",
		"working_dir: here":                     "not an absolute path",
	} {
		s.write("compose.yaml", "services:\n  a:\n    command: ./probe pause\n    "+text+"\n")
		s.write("bad.json", "{\n\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"syscalls\": {}}\n")
		s.fails(1, []string{"compose.yaml:4:", want}, "up", "-d")
	}
	if after := s.ps()["a-1"]; after.ID != before || after.State != "running" {
		t.Errorf("the container was touched: %+v", after)
	}
}

// Devices are those that the user may open; a privileged service has all of them.
func TestDevices(t *testing.T) {
	s := begin(t, `
services:
  a: { command: ./probe pause, devices: [ "/dev/zero:/dev/deep/zz", "/dev/full:/srv/full", { source: /dev/urandom, target: /dev/rnd, permissions: rw } ] }
  all: { command: ./probe pause, privileged: true }
  bad: { command: ./probe pause, devices: [ "/dev/no-such" ], profiles: [ bad ] }
  file: { command: ./probe pause, devices: [ "/etc/passwd:/dev/pw" ], profiles: [ bad ] }
  dir: { command: ./probe pause, devices: [ "/etc:/dev/etc" ], profiles: [ bad ] }
`)
	s.must("up", "-d")
	if got := s.must("exec", "-T", "a", "sh", "-c", "head -c3 /dev/deep/zz | od -An -tx1; head -c2 /dev/rnd | wc -c; echo x >/srv/full || echo full"); !strings.HasPrefix(got, " 00 00 00\n2\n") || !strings.Contains(got, "full") {
		t.Errorf("the devices say %q", got)
	}
	if r := s.compose("exec", "-T", "a", "sh", "-c", "mknod /tmp/x c 1 5 && head -c1 /tmp/x"); r.code == 0 {
		t.Error("a device that was made inside can be opened")
	}
	want := s.openable()
	have := strings.Fields(s.must("exec", "-T", "all", "sh", "-c", "for f in /dev/* /dev/net/*; do test -c $f -o -b $f && echo $f; done; true"))
	for _, d := range want {
		found := false
		for _, h := range have {
			found = found || h == d
		}
		if !found && d != "/dev/ptmx" {
			t.Errorf("the privileged service has no %s: %q", d, have)
		}
	}
	s.fails(1, []string{"/dev/no-such", "no such file"}, "up", "-d", "bad")
	s.fails(1, []string{"/etc/passwd", "not a device file"}, "up", "-d", "file")
	s.fails(1, []string{"/etc", "no device file in it"}, "up", "-d", "dir")
	if path := s.unopenable(); path != "" {
		s.write("compose.yaml", "services: { a: { command: ./probe pause, devices: [ '"+path+"' ] } }\n")
		s.fails(1, []string{path, "permission denied", "setfacl"}, "up", "-d")
	}
}
