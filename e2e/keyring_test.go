package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// canary puts a key into a session keyring of this thread, and returns commands
// that begin below it.
func (s *scenario) withCanary(args ...string) (result, error) {
	// The shell is in this keyring, and so is what it starts.
	cmd := exec.Command(built.probe, append([]string{"session", built.compose}, args...)...)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	return result{stdout: string(out)}, err
}

// No container has the caller's session keyring: each has one of its own.
func TestKeyrings(t *testing.T) {
	if _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, true); err != nil {
		t.Skipf("no keyrings here: %v", err)
	}
	s := begin(t, `
services:
  a: { command: sh -c './probe keyring; exec ./probe pause', security_opt: ["seccomp=unconfined"] }
  b: { command: sh -c './probe keyring; exec ./probe pause', privileged: true, init: true }
`)
	if r, err := s.withCanary("up", "-d"); err != nil {
		t.Fatalf("up: %v\n%s", err, r.stdout)
	}
	sessions := map[string]string{}
	see := func(who, text string) {
		st := statusOf(text)
		if st["canary"] != "no" || st["keys"] != "0" {
			t.Errorf("%s: %v", who, st)
		}
		if other := sessions[st["session"]]; other != "" || st["session"] == "" {
			t.Errorf("%s and %s share the session keyring %q", who, other, st["session"])
		}
		sessions[st["session"]] = who
	}
	for _, service := range []string{"a", "b"} {
		s.eventually(service+" has spoken", func() bool { return strings.Contains(strings.Join(s.logLines(service), "\n"), "canary") })
		see(service, strings.Join(s.logLines(service), "\n"))
		for i := range 2 {
			r, err := s.withCanary("exec", "-T", service, "./probe", "keyring")
			if err != nil {
				t.Fatalf("exec: %v\n%s", err, r.stdout)
			}
			see(fmt.Sprintf("exec %d in %s", i, service), r.stdout)
		}
	}
	// A user whose quota of keys is full can go on, and finds none of his keys inside.
	// (Keyrings of commands before may go, and make room, only now.)
	s.eventually("a command without a keyring of its own", func() bool {
		stuffed := exec.Command(built.probe, "stuff", built.compose, "exec", "-T", "a", "./probe", "keyring")
		stuffed.Dir, stuffed.Env = s.dir, s.env
		out, err := stuffed.CombinedOutput()
		st := statusOf(string(out))
		if err != nil || st["canary"] != "no" {
			t.Fatalf("with a full quota: %v\n%s", err, out)
		}
		return strings.HasPrefix(st["name"], "mocker-compose/")
	})
}

// As many instances as the kernel gives keyrings to a user by default (200) run
// at once, and many more one after the other.
func TestManyKeyrings(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, scale: 150, network_mode: none }\n  one: { command: ./probe pause, network_mode: none }\n")
	s.must("up", "-d")
	if n := len(s.ps()); n != 151 {
		t.Fatalf("%d containers run, want 151", n)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed []string
	for range 4 {
		wg.Go(func() {
			for range 125 {
				if r := s.plain("exec", "-T", "one", "true"); r.code != 0 {
					mu.Lock()
					failed = append(failed, r.stderr)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if len(failed) > 0 {
		t.Errorf("%d of 500 commands failed, the first: %s", len(failed), failed[0])
	}
}
