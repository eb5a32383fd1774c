package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

var phaseFuncs = map[string]func(context.Context, *tally){
	"check": runChecks,
	"unit":  runUnit,
	"e2e":   runScenarios,
}

// runChecks counts gofmt and vet as one test each.
func runChecks(ctx context.Context, t *tally) {
	out, err := exec.CommandContext(ctx, "gofmt", "-l", ".").CombinedOutput()
	if err == nil && len(bytes.TrimSpace(out)) > 0 {
		err = fmt.Errorf("these files want gofmt -w:\n%s", out)
	}
	t.check("gofmt", err)
	for _, args := range [][]string{{"vet", "./..."}, {"vet", "-tags", "gvisor", "./netstack/uplink/...", "./cmd/..."}} {
		out, err = exec.CommandContext(ctx, "go", args...).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
		t.check("go "+strings.Join(args, " "), err)
	}
}

func runUnit(ctx context.Context, t *tally) {
	out, err := exec.CommandContext(ctx, "go", "list", "./...").Output()
	if err != nil {
		t.check("go list", err)
		return
	}
	var packages []string
	for _, p := range strings.Fields(string(out)) {
		if !strings.HasSuffix(p, "/e2e") {
			packages = append(packages, p)
		}
	}
	goTest(ctx, t, nil, append([]string{"-timeout", "10m"}, packages...))
	goTest(ctx, t, nil, []string{"-tags", "gvisor", "./netstack/uplink/..."})
}

func runScenarios(ctx context.Context, t *tally) {
	goTest(ctx, t, nil, []string{"-timeout", "40m", "./e2e"})
	// What the default build leaves out has its own binary.
	goTest(ctx, t, []string{"MOCKER_TEST_TAGS=gvisor"}, []string{"-timeout", "10m", "-run", "^(TestUplink|TestHostIsClosedOnEveryUplink)/gvisor", "./e2e"})
}

// goTest runs `go test -json` and tallies what it says while it runs. -count=1:
// a result from the cache says nothing about this machine.
func goTest(ctx context.Context, t *tally, env, args []string) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json", "-count=1"}, args...)...)
	cmd.Stderr, cmd.Env = os.Stderr, append(os.Environ(), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.check("go test", err)
		return
	}
	if err := cmd.Start(); err != nil {
		t.check("go test", err)
		return
	}
	before := t.failed
	t.read(out)
	// A failure that no event named (go test itself could not run) must count.
	if err := cmd.Wait(); err != nil && t.failed == before {
		t.check("go test", err)
	}
}
