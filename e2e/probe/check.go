package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// check compares this process with what it is told it should be, and with what
// always holds: its open files are 0, 1 and 2; its root, working directory and
// program are inside; no signal is blocked or ignored. Arguments are lines of
// /proc/self/status (CapEff=00000000a80425fb) and cwd=DIR, exe=FILE. It prints
// what is wrong, and "as documented" if nothing is.
func check(args []string) error {
	want := map[string]string{
		"CapInh": zeroCaps, "CapAmb": zeroCaps, "SigBlk": zeroCaps, "cwd": "/", "root": "/", "fds": "0 1 2",
	}
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		want[k] = v
	}
	got := processStatus()
	var wrong []string
	for k, v := range want {
		if got[k] != v {
			wrong = append(wrong, fmt.Sprintf("%s is %q, not %q", k, got[k], v))
		}
	}
	if cwd, err := os.Getwd(); err != nil || !inside(cwd) {
		wrong = append(wrong, fmt.Sprintf("working directory %q, %v", cwd, err))
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("not as documented: %s", strings.Join(wrong, "; "))
	}
	fmt.Println("as documented")
	return nil
}

const zeroCaps = "0000000000000000"

// processStatus is what the kernel says of this process.
func processStatus() map[string]string {
	st := map[string]string{}
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		st["error"] = err.Error()
	}
	for line := range strings.Lines(string(b)) {
		k, v, _ := strings.Cut(line, ":")
		st[k] = strings.Join(strings.Fields(v), " ")
	}
	for _, l := range []string{"cwd", "root", "exe"} {
		st[l], _ = os.Readlink("/proc/self/" + l)
	}
	st["fds"] = strings.Join(openFiles(), " ")
	return st
}

// inside reports whether a path is one of this root file system, and the
// directory that we are in.
func inside(cwd string) bool {
	var a, b syscall.Stat_t
	return strings.HasPrefix(cwd, "/") && syscall.Stat(cwd, &a) == nil && syscall.Stat(".", &b) == nil && a.Ino == b.Ino && a.Dev == b.Dev
}
