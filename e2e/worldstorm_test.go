package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const stormFile = `
services:
  loud:
    command: ./probe world loud 10.77.9.10
    ports: ["9007:7", "9007:7/udp"]
    networks: { default: { ipv4_address: 10.77.9.10 } }
  calm: { command: ./probe pause }
networks: { default: { ipam: { config: [{ subnet: 10.77.9.0/24 }] } } }
`

const bystanderFile = `
services:
  by:
    command: ./probe world by 10.77.10.10
    ports: ["9107:7", "9107:7/udp"]
    networks: { default: { ipv4_address: 10.77.10.10 } }
networks: { default: { ipam: { config: [{ subnet: 10.77.10.0/24 }] } } }
`

// mostMemory is what the supervisor may take in a storm, in KiB. It is not the
// design's figure, but far below what a relay without bounds comes to.
const mostMemory = 256 << 10

// mostFiles is what it may have open: 4,096 flows of UDP each way with two sockets each,
// and the connections.
const mostFiles = 20000

// Half-open connections, resets, peers that do not read, silent ones, packets from
// ever new ports, questions that nobody answers, outwards and inwards, and every
// tenth packet lost: the relay stays within its bounds, another container of the
// project still comes out, and another project does not notice.
func TestStorms(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, stormFile)
	s.write("by.yaml", bystanderFile)
	by := []string{"-p", s.project + "-by", "-f", "by.yaml"}
	s.must("up", "-d")
	s.must(append(by, "up", "-d")...)
	t.Cleanup(func() { s.must(append(by, "down", "-t", "0")...) })
	pid := s.supervisorPID()
	s.eventually("both are published", func() bool { return w.answers("9007") && w.answers("9107") })
	x := weather{w: w, s: s, by: by, pid: pid}
	x.check("before", true)
	files := openFiles(t, pid)
	long := stormTime(t, 2*time.Second).String()
	for _, st := range []storm{
		{"resets outwards", "", []string{"reset", w.addr("echo4"), "32", long}},
		{"reset by the other side", "", []string{"reset", w.addr("reset4"), "32", long}},
		{"silent connections outwards", "", []string{"idle", w.addr("echo4"), "600", long}},
		{"questions without answer", "", []string{"names", "127.0.0.11:53", "64", long}},
		{"half-open outwards", "", []string{"hang", w.addr("hole4"), "1500", long}}, // given up after 20 seconds, while the next ones pass
		{"resets inwards", "lan", []string{"reset", "198.51.100.2:9007", "32", long}},
		{"silent connections inwards", "lan", []string{"idle", "198.51.100.2:9007", "600", long}},
		{"clients that do not read", "lan", []string{"mute", "198.51.100.2:9007", "200", long}}, // nor is read from
	} {
		x.in(st, true)
	}
	// But for 32 empty pipes that are kept for the next burst, the flows of the checks, and
	// what the garbage collector has yet to close.
	s.eventually("what the storms took is given back", func() bool { return openFiles(t, pid) < files+64+100 })
	x.check("after these", true)
	// What a peer does not read is kept until it does, or its connection ends, as the
	// kernel does for a process that has ended. A flow of UDP has no end that could be
	// seen: it stays for a while. Who sends first packets by the thousand delays those
	// of its own project.
	x.in(storm{"peers that do not read", "", []string{"mute", w.addr("deaf4"), "200", long}}, true)
	x.in(storm{"packets from new ports", "", []string{"packets", w.addr("echo4"), "8", long}}, false)
	x.in(storm{"packets inwards", "lan", []string{"packets", "198.51.100.2:9007", "8", long}}, false)
	s.eventually("the same project goes on", func() bool { return x.same() })
	s.want("the same project, udp", s.reach("calm", "udp:"+w.addr("echo4")), map[string]string{"udp:" + w.addr("echo4"): "peer "})
	if now := s.supervisorPID(); now != pid {
		t.Errorf("supervisor %d has been replaced by %d", pid, now)
	}
}

// Every tenth packet is lost on the way: all is slower, and works.
func TestLoss(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	if r := w.exec(WorldExec{Where: "internet", Argv: []string{"sh", "-ec", `
nft add table inet loss
nft add chain inet loss c '{ type filter hook prerouting priority -300; }'
nft add rule inet loss c iifname host0 numgen random mod 10 == 0 drop`}}); r.Code != 0 {
		t.Skipf("no loss can be made here: %s", r.Output)
	}
	s := w.begin(t, stormFile)
	s.must("up", "-d")
	s.eventually("it is published", func() bool { return w.answers("9007") })
	udp := "udp:" + w.addr("echo4")
	for range 5 {
		s.eventually("with loss", func() bool { // all tries of one may be lost
			got := s.reach("calm", udp, "dns4:echo.example")
			return strings.HasPrefix(got[udp], "peer ") && got["dns4:echo.example"] == "203.0.113.10"
		})
	}
	if out := s.must("exec", "-T", "calm", "sh", "-c", "./probe get http://203.0.113.10/bytes/5000000 | wc -c"); strings.TrimSpace(out) != "5000000" {
		t.Errorf("got %s of 5000000 bytes", out)
	}
	if out := w.run("lan", "sh", "-c", built.probe+" get http://198.51.100.2:9007/ 2>&1 || true"); strings.Contains(out, "timeout") {
		t.Errorf("the published port: %s", out)
	}
}

// answers tells whether a published port answers the LAN.
func (w *netWorld) answers(port string) bool {
	w.t.Helper()
	return strings.Contains(w.run("lan", built.probe, "reach", "tcp:198.51.100.2:"+port), " peer ")
}

// storm is one kind of trouble.
type storm struct {
	name string
	from string   // a namespace of the world; "" = the loud container
	args []string // of "probe storm"
}

// weather is what must go on in a storm.
type weather struct {
	w   *netWorld
	s   *scenario
	by  []string // the other project, in arguments
	pid int      // the supervisor of the project that has the storm
}

// in raises the storm and looks after the weather until it is over.
func (x weather) in(st storm, same bool) {
	x.s.t.Helper()
	done := make(chan result, 1)
	go func() {
		if st.from == "" {
			done <- x.s.plain(append([]string{"exec", "-T", "loud", "./probe", "storm"}, st.args...)...)
			return
		}
		r := x.w.exec(WorldExec{Where: st.from, Argv: append([]string{built.probe, "storm"}, st.args...)})
		done <- result{stdout: r.Output, stderr: r.Output, code: r.Code}
	}()
	time.Sleep(500 * time.Millisecond) // let it rise; without it the first look is before the storm
	memory, files := 0, 0
	for {
		x.check(st.name, same)
		memory, files = max(memory, memoryOf(x.s.t, x.pid)), max(files, openFiles(x.s.t, x.pid))
		select {
		case r := <-done:
			if r.code != 0 {
				x.s.t.Errorf("%s: exit %d: %s", st.name, r.code, r.stderr)
			}
			x.s.t.Logf("%s: %s times, at most %d MiB and %d open files", st.name, strings.TrimSpace(r.stdout), memory>>10, files)
			if memory > mostMemory || files > mostFiles {
				x.s.t.Errorf("%s: the supervisor takes %d KiB and %d open files", st.name, memory, files)
			}
			return
		default:
		}
	}
}

// check looks whether the outside can be reached and the other project's port be
// used: by the other project, and by another container of the same one.
func (x weather) check(when string, same bool) {
	x.s.t.Helper()
	targets := x.targets()
	r := x.s.plain(append(append(x.by, "exec", "-T", "by", "./probe", "reach"), keys(targets)...)...)
	x.s.want(when+": the other project", reached(r.stdout), targets)
	if !x.w.answers("9107") {
		x.s.t.Errorf("%s: the other project's published port does not answer", when)
	}
	if same && !x.same() {
		x.s.t.Errorf("%s: another container of the same project does not come out", when)
	}
}

func (x weather) targets() map[string]string {
	return map[string]string{"tcp:" + x.w.addr("echo4"): "peer ", "dns4:echo.example": "203.0.113.10"}
}

func (x weather) same() bool {
	targets := x.targets()
	got := reached(x.s.plain(append([]string{"exec", "-T", "calm", "./probe", "reach"}, keys(targets)...)...).stdout)
	for target, prefix := range targets {
		if !strings.HasPrefix(got[target], prefix) {
			x.s.t.Logf("%s: %q", target, got[target])
			return false
		}
	}
	return true
}

// memoryOf is the resident set of a process in KiB (proc_pid_status(5)).
func memoryOf(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	f := strings.Fields(rest)
	if len(f) == 0 {
		t.Fatalf("no VmRSS of %d", pid)
	}
	n, err := strconv.Atoi(f[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func openFiles(t *testing.T, pid int) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "fd"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
