package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // of build events
	Test       string
	Output     string
	Elapsed    float64 // seconds
}

// tally counts test results. Only leaves count: a test with subtests is as
// good as they are, unless it failed by itself.
type tally struct {
	w                       io.Writer
	verbose                 bool
	passed, failed, skipped int
	skips, failures         []string
	output                  map[string][]string // by package and test, while it runs
	parents                 map[string]bool     // tests that have subtests
	failedBelow             map[string]bool     // tests with a failed subtest, packages with a failed test
}

func newTally(w io.Writer, verbose bool) *tally {
	return &tally{
		w: w, verbose: verbose,
		output: map[string][]string{}, parents: map[string]bool{}, failedBelow: map[string]bool{},
	}
}

// check counts one thing that is no Go test.
func (t *tally) check(name string, err error) {
	if err == nil {
		t.passed++
		fmt.Fprintf(t.w, "ok    %s\n", name)
		return
	}
	t.failed++
	t.failures = append(t.failures, name)
	fmt.Fprintf(t.w, "FAIL  %s: %v\n", name, err)
}

// read counts the events of r to its end.
func (t *tally) read(r io.Reader) {
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil && e.Action != "" {
				t.add(e)
			} else {
				fmt.Fprintf(t.w, "%s", line)
			}
		}
		if err != nil {
			return
		}
	}
}

func (t *tally) add(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "run":
		if parent, ok := parentOf(key); ok {
			t.parents[parent] = true
		}
	case "output":
		t.output[key] = append(t.output[key], e.Output)
	case "build-output":
		fmt.Fprint(t.w, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(e, key)
		}
		delete(t.output, key)
	}
}

func (t *tally) endTest(e event, key string) {
	switch {
	case e.Action == "fail" && !t.failedBelow[key]:
		t.failed++
		t.failures = append(t.failures, key)
		fmt.Fprintf(t.w, "FAIL  %s\n%s", key, indent(t.output[key]))
	case t.parents[key]:
		// Its leaves were counted.
	case e.Action == "skip":
		t.skipped++
		t.skips = append(t.skips, key+": "+skipReason(t.output[key]))
	case e.Action == "pass":
		t.passed++
	}
	if e.Action == "fail" {
		if parent, ok := parentOf(key); ok {
			t.failedBelow[parent] = true
		}
		t.failedBelow[e.Package] = true
	}
	if t.verbose {
		fmt.Fprintf(t.w, "      %-5s %s (%.2fs)\n", e.Action, key, e.Elapsed)
	}
}

func (t *tally) endPackage(e event) {
	switch e.Action {
	case "pass":
		fmt.Fprintf(t.w, "ok    %s (%.1fs)\n", e.Package, e.Elapsed)
	case "fail":
		// A package may fail without a test that does: build error, panic, exit.
		if !t.failedBelow[e.Package] {
			t.failed++
			t.failures = append(t.failures, e.Package)
			fmt.Fprint(t.w, indent(t.output[e.Package+" "]))
		}
		fmt.Fprintf(t.w, "FAIL  %s (%.1fs)\n", e.Package, e.Elapsed)
	}
}

// report prints the failures, the skips with their reasons, and the counts.
func (t *tally) report() {
	for _, list := range []struct {
		title string
		lines []string
	}{{"Failed", t.failures}, {"Skipped", t.skips}} {
		if len(list.lines) > 0 {
			fmt.Fprintf(t.w, "\n%s:\n  %s\n", list.title, strings.Join(list.lines, "\n  "))
		}
	}
	fmt.Fprintf(t.w, "\n%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
}

func parentOf(key string) (string, bool) {
	i := strings.LastIndexByte(key, '/')
	if i < strings.IndexByte(key, ' ') {
		return "", false // the slash is of the package
	}
	return key[:i], true
}

// skipReason takes the reason from a skipped test's output, whose lines are
// "    file_test.go:12: reason".
func skipReason(output []string) string {
	var reason []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
			continue
		}
		if file, rest, ok := strings.Cut(line, ": "); ok && strings.Contains(file, ".go:") {
			line = rest
		}
		reason = append(reason, line)
	}
	if len(reason) == 0 {
		return "no reason given"
	}
	return strings.Join(reason, " ")
}

func indent(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("      " + strings.TrimSuffix(l, "\n") + "\n")
	}
	return b.String()
}
