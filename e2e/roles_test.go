package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// supervisorPID asks the project's supervisor who it is.
func (s *scenario) supervisorPID() int {
	s.t.Helper()
	if s.login != nil && os.Getuid() == 0 {
		return s.rolePID("supervisor") // that of another user lets only him talk to it
	}
	var pid int
	s.eventually("the supervisor answers", func() bool {
		var err error
		pid, err = supervisorPID(s.dirs.APISocket(s.project))
		return err == nil
	})
	return pid
}

func supervisorPID(socket string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := wire.Dial(ctx, socket)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return 0, err
	}
	if err := c.Send(api.Request{Op: api.OpInfo}); err != nil {
		return 0, err
	}
	for {
		var a api.Answer
		files, err := c.Receive(&a)
		for _, f := range files {
			f.Close()
		}
		switch {
		case err != nil:
			return 0, err
		case a.Info != nil:
			return a.Info.PID, nil
		case a.Done:
			return 0, errors.New("no info")
		}
	}
}

// peerPID is the process that listens on a socket.
func peerPID(t *testing.T, socket string) int {
	t.Helper()
	pid, err := listenerPID(socket)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// listenerPID is peerPID for where nobody may listen.
func listenerPID(socket string) (int, error) {
	c, err := wire.Dial(context.Background(), socket)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.PeerPID()
}

// projectHolderPID finds the first process of the pid namespace that a
// service's own is nested in: its parent's parent, or so.
func (s *scenario) projectHolderPID(service string) int {
	s.t.Helper()
	ns := strings.TrimSpace(s.must("exec", "-T", service, "readlink", "/proc/self/ns/pid"))
	for _, pid := range processesOf("") {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
		if err != nil || link != ns {
			continue
		}
		for up := pid; up > 1; up = parentPID(up) {
			if ids := nsPIDs(up); len(ids) == 2 && ids[1] == 1 {
				return up
			}
		}
	}
	s.t.Fatalf("no holder found above %s", ns)
	return 0
}

func statusField(pid int, key string) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.Fields(rest)
		}
	}
	return nil
}

func parentPID(pid int) int {
	f := statusField(pid, "PPid")
	if len(f) != 1 {
		return 0
	}
	n, _ := strconv.Atoi(f[0]) // 0 ends the walk
	return n
}

// nsPIDs are a process's ids in its pid namespaces, from ours inwards.
func nsPIDs(pid int) []int {
	var ids []int
	for _, f := range statusField(pid, "NSpid") {
		if n, err := strconv.Atoi(f); err == nil {
			ids = append(ids, n)
		}
	}
	return ids
}

// processesOf are the processes that execute the file ("" = any).
func processesOf(exe string) []int {
	var pids []int
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, dir := range dirs {
		link, err := os.Readlink(dir + "/exe")
		if exe != "" && (err != nil || link != exe) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func decodeJSON(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, head(text))
	}
}
