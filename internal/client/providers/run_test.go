package providers

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// A program that ignores SIGTERM, and what it has begun, does not outlive a command that
// was given up.
func TestGivenUpProgramEndsWithItsChildren(t *testing.T) {
	defer func(d time.Duration) { grace = d }(grace)
	grace = 200 * time.Millisecond
	dir := t.TempDir()
	pids := filepath.Join(dir, "pids")
	script := "#!/bin/sh\n[ $2 = metadata ] && exit\ntrap '' TERM\nsleep 100 &\necho $$ $! > " + pids + ".new; mv " + pids + ".new " + pids + "\nwait; sleep 100\n"
	program := filepath.Join(dir, "stubborn")
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &project.Project{Name: "p", Providers: []project.Provider{{Service: "db", Type: program}}}
	quiet := func(string) {}
	r := &Runner{Project: "p", Environ: os.Environ(), Show: func(string, string, string) {}, Warn: quiet, Debug: quiet}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(pids); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if err := r.Up(ctx, p, nil, true); err == nil {
		t.Error("no error")
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range strings.Fields(string(text)) {
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		for n > 0 && running(n) { // the last one has been sent its signal; a survivor lets the test time out
			time.Sleep(time.Millisecond)
		}
	}
}

// running: it is there, and no zombie that nobody collects.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && syscall.Kill(pid, 0) == nil && !strings.Contains(string(stat), ") Z ")
}
