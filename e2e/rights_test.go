package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// rights is a line of the table of docs/stages.md: what a service says, and what
// the kernel must say of its processes.
type rights struct {
	keys                                     string
	uid, permitted, bounding, noNew, seccomp string
}

// documentedRights reads the table that users read.
func documentedRights(t *testing.T) (list []rights) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(built.dir, "docs", "stages.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| in the compose file |")
	for i, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if i < 2 || len(cells) != 8 {
			continue
		}
		for c := range cells {
			cells[c] = strings.Trim(cells[c], " `")
		}
		list = append(list, rights{cells[1], cells[2], cells[3], cells[4], cells[5], cells[6]})
	}
	if !found || len(list) < 10 {
		t.Fatalf("docs/stages.md has %d lines about rights", len(list))
	}
	return list
}

// allow is a seccomp profile that allows all.
const allow = `{"defaultAction": "SCMP_ACT_ALLOW"}`

// The rights of a process are what the documentation says, by whichever way it
// comes into its container: as the service, below our init, by exec, as a health check.
func TestRights(t *testing.T) {
	testns.RequireIDRange(t)
	table := documentedRights(t)
	file := "services:\n"
	for i, r := range table {
		for _, init := range []bool{false, true} {
			file += fmt.Sprintf("  %s:\n    <<: { %s }\n    command: sh -c './probe status >/tmp/start; touch /tmp/ready; exec ./probe pause'\n    init: %t\n"+
				"    healthcheck: { test: [CMD-SHELL, './probe status >/tmp/health.new && mv /tmp/health.new /tmp/health && test -e /tmp/ready'], start_period: 60s, start_interval: 100ms }\n", rightsName(i, init), r.keys, init)
		}
	}
	s := begin(t, file)
	s.write("profile.json", allow)
	s.must("up", "-d", "--wait")
	maps := map[string]bool{}
	for i, r := range table {
		for _, init := range []bool{false, true} {
			name := rightsName(i, init)
			ways := map[string]string{
				"start": s.must("exec", "-T", name, "cat", "/tmp/start"), "health check": s.must("exec", "-T", name, "cat", "/tmp/health"),
				"exec": s.must("exec", "-T", name, "./probe", "status"), "process 1": s.must("exec", "-T", name, "cat", "/proc/1/status"),
			}
			for way, text := range ways {
				t.Run(fmt.Sprintf("%s init %t %s", r.keys, init, way), func(t *testing.T) { r.check(t, text, way != "process 1") })
			}
			maps[s.must("exec", "-T", name, "cat", "/proc/self/uid_map", "/proc/self/gid_map", "/proc/1/uid_map", "/proc/1/gid_map")] = true
		}
	}
	if len(maps) != 1 {
		t.Errorf("the id maps differ: %v", maps)
	}
}

func rightsName(i int, init bool) string { return fmt.Sprintf("s%d-%t", i, init) }

// check compares with /proc/PID/status; ours also tells of open files.
func (r rights) check(t *testing.T, text string, files bool) {
	st := statusOf(text)
	want := map[string]string{
		"Uid": strings.Join([]string{r.uid, r.uid, r.uid, r.uid}, "\t"), "CapPrm": set(t, r.permitted), "CapEff": set(t, r.permitted), "CapBnd": set(t, r.bounding),
		"CapInh": set(t, "0"), "CapAmb": set(t, "0"), "NoNewPrivs": r.noNew, "Seccomp": r.seccomp,
	}
	if files {
		want["fds"] = "0 1 2"
	}
	for key, value := range want {
		if st[key] != value {
			t.Errorf("%s: %q, want %q", key, st[key], value)
		}
	}
}

// set is a set of capabilities as the kernel prints it.
func set(t *testing.T, short string) string {
	t.Helper()
	if short == "all" {
		b, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
		if err != nil {
			t.Fatal(err)
		}
		last, err := strconv.Atoi(strings.TrimSpace(string(b)))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%016x", uint64(1)<<(last+1)-1)
	}
	n, err := strconv.ParseUint(short, 16, 64)
	if err != nil {
		t.Fatalf("the table has %q", short)
	}
	return fmt.Sprintf("%016x", n)
}

// A set-user-id program gives rights, unless the service has given them up.
func TestSetUserID(t *testing.T) {
	testns.RequireIDRange(t)
	s := begin(t, `
services:
  may: { command: ./probe pause, volumes: [./bin:/opt/bin] }
  not: { command: ./probe pause, volumes: [./bin:/opt/bin], security_opt: ["no-new-privileges:true"] }
`)
	probe, err := os.ReadFile(built.probe)
	if err != nil {
		t.Fatal(err)
	}
	s.write("bin/suid", string(probe))
	if err := os.Chmod(filepath.Join(s.dir, "bin/suid"), 0o755|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d")
	for service, want := range map[string]string{"may": "0", "not": "1000"} {
		st := statusOf(s.must("exec", "-T", "-u", "1000", service, "/opt/bin/suid", "ids"))
		if st["uid"] != "1000" || st["euid"] != want {
			t.Errorf("%s: uid %s, euid %s, want euid %s", service, st["uid"], st["euid"], want)
		}
	}
}
