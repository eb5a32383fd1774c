package worker_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/worker"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/testns"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// clientEnv makes the test binary a client that runs one step.
const clientEnv = "MOCKER_TEST_BUILD_CLIENT"

type clientTask struct {
	Dirs   state.Dirs
	Lower  []string
	Script string
}

// client is that process. What the step says goes to standard output.
func client(task string) int {
	var t clientTask
	if err := json.Unmarshal([]byte(task), &t); err != nil {
		return 2
	}
	w, err := worker.Start(context.Background(), t.Dirs, func(string) {})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer w.Close()
	job := &build.RunJob{Lower: t.Lower, Run: &build.Run{Args: []string{"/bin/sh", "-c", t.Script}}}
	if _, err := w.Run(context.Background(), job, os.Stdout); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// child is the process below parent whose command line has word in it; 0 = none.
func child(parent int, word string) int {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		stat, err := os.ReadFile(dir + "/stat")
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		line, _ := os.ReadFile(dir + "/cmdline")
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) && bytes.Contains(line, []byte(word)) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			return pid
		}
	}
	return 0
}

// kills is how often: MOCKER_TEST_KILLS, or few.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("MOCKER_TEST_KILLS")); err == nil && n > 0 {
		return n
	}
	return 9
}

// Whoever is killed in the middle of a step, nothing runs after it, and what is left
// on disk goes with the next worker.
func TestKills(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	s.w.Close()
	scope := testns.NewScope("", s.dirs.Run)
	before := testns.Take(scope)
	const script = "sleep 1000 & (trap '' TERM INT HUP; sleep 1000) & mkdir /big; echo x >/big/x; echo running; exec sleep 1000"
	task, err := json.Marshal(clientTask{s.dirs, s.lower, script})
	if err != nil {
		t.Fatal(err)
	}
	for n := range kills() {
		if n%3 > 0 && rootless.UsePortable() {
			continue // there they are not below the client
		}
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
		cmd.Env = append(os.Environ(), clientEnv+"="+string(task))
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "running\n" {
			t.Fatalf("the client says %q, %v", line, err)
		}
		victim := cmd.Process.Pid
		if n%3 > 0 {
			victim = child(victim, worker.Role)
		}
		if n%3 > 1 {
			victim = child(victim, "own-holder")
		}
		if victim == 0 {
			t.Fatal("there is nobody to be killed")
		}
		if err := unix.Kill(victim, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
		ended(t, scope, before)
	}
	s.start()
	s.must("true", nil)
	s.w.Close()
	if left, _ := filepath.Glob(filepath.Join(s.dirs.Images(), "layers", "tmp-*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	ended(t, scope, before)
}

// ended waits until nothing runs that did not run before, but for the user holder, which
// takes its time.
func ended(t *testing.T, scope testns.Scope, before testns.Snapshot) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		left = slices.DeleteFunc(testns.Strays(before, testns.Take(scope)), func(what string) bool {
			of := strings.Contains(what, rootless.RoleUserHolder) || strings.Contains(what, "user.sock")
			return of || strings.HasPrefix(what, "mount on ") && !strings.Contains(what, t.Name()) // somebody else's
		})
		if len(left) == 0 {
			return
		}
	}
	t.Fatalf("left: %q", left)
}

// A step ends with its context, whatever runs in it, and others go on.
func TestCancel(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	other := make(chan error, 1)
	read, write := io.Pipe()
	go func() {
		_, _, err := s.run("sleep 1; echo done", nil)
		other <- err
	}()
	go func() {
		_, _ = bufio.NewReader(read).ReadString('\n')
		cancel(errors.New("enough"))
		_, _ = io.Copy(io.Discard, read)
	}()
	job := &build.RunJob{Lower: s.lower, Run: &build.Run{Args: []string{"/bin/sh", "-c", "trap '' TERM INT; echo on; while :; do sleep 1; done"}}}
	if _, err := s.w.Run(ctx, job, write); err == nil || err.Error() != "enough" {
		t.Errorf("a cancelled step: %v", err)
	}
	if err := <-other; err != nil {
		t.Errorf("the other one: %v", err)
	}
	s.must("true", nil)
}

// What a step leaves in the background ends with it.
func TestBackground(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	_, out := s.must("sleep 1000 & setsid sleep 1000 & echo started", nil)
	if out != "started" {
		t.Errorf("it says %q", out)
	}
}

// Steps run side by side, each in a network of its own.
func TestParallel(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			// The same port and the same file in all of them.
			l, out, err := s.run(fmt.Sprintf("echo %d >/f; (echo answer%d | timeout 5 nc -l -p 5000) & sleep 0.3; nc 127.0.0.1 5000 </dev/null", i, i), nil)
			if err != nil || strings.TrimSpace(out) != fmt.Sprint("answer", i) || s.layerOf(l) != "f" {
				t.Errorf("step %d: %v: %q", i, err, out)
			}
		})
	}
	wg.Wait()
}
