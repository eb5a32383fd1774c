package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// kinds are services with different rights, and what a process of each must find
// (probe check; the documented table is in SECURITY.md).
var kinds = []struct{ name, keys, want string }{
	{"plain", "", "CapPrm=00000000a80425fb CapEff=00000000a80425fb CapBnd=00000000a80425fb Seccomp=2 NoNewPrivs=0"},
	{"none", "cap_drop: [ALL], security_opt: ['no-new-privileges:true']", "CapPrm=0000000000000000 CapEff=0000000000000000 CapBnd=0000000000000000 Seccomp=2 NoNewPrivs=1"},
	{"more", "cap_drop: [ALL], cap_add: [NET_ADMIN]", "CapPrm=0000000000001000 CapEff=0000000000001000 CapBnd=0000000000001000 Seccomp=2 NoNewPrivs=0"},
	{"free", "security_opt: ['seccomp:unconfined']", "CapPrm=00000000a80425fb CapEff=00000000a80425fb CapBnd=00000000a80425fb Seccomp=0 NoNewPrivs=0"},
}

// soakFile has, of each kind, some that check themselves and end, one that stays
// for execs, and one whose health check checks.
func soakFile(dir string, each int) string {
	var b strings.Builder
	b.WriteString("services:\n")
	for _, k := range kinds {
		keys := k.keys
		if keys != "" {
			keys += ", "
		}
		check := fmt.Sprintf("'%s/probe', check, %s, 'cwd=%s', 'exe=%s/probe'", dir, strings.ReplaceAll(k.want, " ", ", "), dir, dir)
		fmt.Fprintf(&b, "  %s-once: { %scommand: [%s], scale: %d, stop_grace_period: 0s }\n", k.name, keys, check, each)
		fmt.Fprintf(&b, "  %s-stays: { %scommand: [./probe, pause], stop_grace_period: 0s, healthcheck: { test: [CMD, %s], interval: 1s, retries: 1, start_period: 0s } }\n", k.name, keys, check)
	}
	return b.String()
}

// Every process that a container gets (at its start, by exec, by a health check)
// has the open files, capabilities, directories and program that are documented.
func TestStartsAndExecs(t *testing.T) {
	const each = 5
	s := begin(t, "services: {}\n")
	s.write("compose.yaml", soakFile(s.dir, each))
	starts, execs := number(t, "MOCKER_TEST_STARTS", 100), number(t, "MOCKER_TEST_EXECS", 200)
	s.must("up", "-d")
	stop := load(t)
	defer stop()
	var wg sync.WaitGroup
	var started, executed, failed atomic.Int64
	wg.Go(func() { s.startAgain(starts, each*len(kinds), &started, &failed) })
	for i, k := range kinds {
		wg.Go(func() { s.execAgain(k.name+"-stays", k.want, execs/len(kinds)+1, i, &executed, &failed) })
	}
	wg.Wait()
	for _, k := range kinds { // a health check that finds anything else fails
		s.eventually(k.name+"-stays is healthy", func() bool { return s.ps()[k.name+"-stays-1"].Health == "healthy" })
	}
	t.Logf("%d starts, %d execs, %d not as documented", started.Load(), executed.Load(), failed.Load())
	if int(started.Load()) < starts || int(executed.Load()) < execs || failed.Load() > 0 {
		t.Errorf("want %d starts and %d execs, all as documented", starts, execs)
	}
}

// startAgain starts what has ended until there were n starts. Each prints one
// line; what it says is counted from the log files.
func (s *scenario) startAgain(n, each int, started, failed *atomic.Int64) {
	for round := 1; ; round++ {
		s.eventually("all have spoken", func() bool {
			good, bad := s.verdicts()
			started.Store(good + bad)
			failed.Store(bad)
			return int(good+bad) >= round*each
		})
		if int(started.Load()) >= n || failed.Load() > 0 {
			return
		}
		var names []string
		for _, k := range kinds {
			names = append(names, k.name+"-once")
		}
		s.eventually("all have ended", func() bool {
			for name, c := range s.ps() {
				if strings.Contains(name, "-once-") && c.State != "exited" {
					return false
				}
			}
			return true
		})
		if r := s.plain(append([]string{"start"}, names...)...); r.code != 0 {
			s.t.Errorf("start: exit %d: %s", r.code, r.stderr)
			return
		}
	}
}

// verdicts counts what the probes have said.
func (s *scenario) verdicts() (good, bad int64) {
	files, _ := filepath.Glob(filepath.Join(s.dirs.LogDir(s.project, "*-once-*"), "*"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		text := string(b)
		good += int64(strings.Count(text, "as documented") - strings.Count(text, "not as documented"))
		bad += int64(strings.Count(text, "not as documented"))
		for line := range strings.Lines(text) {
			if strings.Contains(line, "not as documented") {
				s.t.Errorf("a start: %s", line)
			}
		}
	}
	return good, bad
}

// execAgain executes the check n times in a service, by the supervisor's own
// protocol: the command line would cost more than the rest.
func (s *scenario) execAgain(service, want string, n, worker int, executed, failed *atomic.Int64) {
	out, err := os.Create(filepath.Join(s.dir, "exec-"+strconv.Itoa(worker)))
	if err != nil {
		s.t.Error(err)
		return
	}
	defer out.Close()
	args := append([]string{"./probe", "check", "cwd=" + s.dir, "exe=" + s.dir + "/probe"}, strings.Fields(want)...)
	for range n {
		code, err := s.exec(service, args, out)
		executed.Add(1)
		if err != nil || code != 0 {
			failed.Add(1)
			b, _ := os.ReadFile(out.Name())
			s.t.Errorf("exec in %s: exit %d, %v: %s", service, code, err, b)
			return
		}
		if err := out.Truncate(0); err != nil {
			s.t.Error(err)
			return
		}
	}
}

// exec asks the supervisor for one command.
func (s *scenario) exec(service string, args []string, out *os.File) (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := wire.Dial(ctx, s.dirs.APISocket(s.project))
	if err != nil {
		return 0, err
	}
	defer c.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	if err := c.Send(api.Request{Op: api.OpExec, Exec: &api.ExecRequest{Service: service, Args: args}}, null, out, out); err != nil {
		return 0, err
	}
	for {
		var a api.Answer
		if _, err := c.Receive(&a); err != nil {
			return 0, err
		}
		switch {
		case a.Error != nil:
			return 0, fmt.Errorf("%+v", *a.Error)
		case a.Exit != nil:
			code = a.Exit.Code
		}
		if a.Done {
			return code, nil
		}
	}
}

// load keeps processor and disk busy until stop is called.
func load(t *testing.T) (stop func()) {
	t.Helper()
	var busy []*exec.Cmd
	for _, line := range []string{
		"while :; do :; done",
		"while :; do dd if=/dev/zero of=" + filepath.Join(t.TempDir(), "f") + " bs=64k count=64 conv=fsync 2>/dev/null; done",
	} {
		cmd := exec.Command("sh", "-c", line)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // dd is to end with its shell
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		busy = append(busy, cmd)
	}
	return func() {
		for _, cmd := range busy {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			_ = cmd.Wait()
		}
	}
}

// number is a count from the environment, or a small one.
func number(t *testing.T, name string, small int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return small
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
