package main

import (
	"errors"
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	const events = `
{"Action":"start","Package":"m/p"}
{"Action":"run","Package":"m/p","Test":"TestA"}
{"Action":"pass","Package":"m/p","Test":"TestA"}
{"Action":"run","Package":"m/p","Test":"TestB"}
{"Action":"run","Package":"m/p","Test":"TestB/x"}
{"Action":"output","Package":"m/p","Test":"TestB/x","Output":"    b_test.go:7: broken: badly\n"}
{"Action":"fail","Package":"m/p","Test":"TestB/x"}
{"Action":"run","Package":"m/p","Test":"TestB/y"}
{"Action":"pass","Package":"m/p","Test":"TestB/y"}
{"Action":"fail","Package":"m/p","Test":"TestB"}
{"Action":"run","Package":"m/p","Test":"TestC"}
{"Action":"output","Package":"m/p","Test":"TestC","Output":"=== RUN   TestC\n"}
{"Action":"output","Package":"m/p","Test":"TestC","Output":"    c_test.go:9: no newuidmap: install uidmap\n"}
{"Action":"output","Package":"m/p","Test":"TestC","Output":"--- SKIP: TestC (0.00s)\n"}
{"Action":"skip","Package":"m/p","Test":"TestC"}
{"Action":"fail","Package":"m/p"}
{"Action":"output","Package":"m/q","Output":"panic: q\n"}
{"Action":"fail","Package":"m/q"}
`
	var out strings.Builder
	tl := newTally(&out, false)
	tl.read(strings.NewReader(strings.TrimSpace(events)))
	tl.report()
	if tl.passed != 2 || tl.failed != 2 || tl.skipped != 1 {
		t.Errorf("counted %d, %d, %d, want 2 passed, 2 failed, 1 skipped", tl.passed, tl.failed, tl.skipped)
	}
	for _, want := range []string{
		"FAIL  m/p TestB/x\n          b_test.go:7: broken: badly\n",
		"panic: q",
		"Failed:\n  m/p TestB/x\n  m/q\n",
		"Skipped:\n  m/p TestC: no newuidmap: install uidmap\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
	if !strings.HasSuffix(out.String(), "\n2 passed, 2 failed, 1 skipped\n") {
		t.Errorf("last line differs:\n%s", out.String())
	}
}

func TestTallyCheck(t *testing.T) {
	var out strings.Builder
	tl := newTally(&out, false)
	tl.check("gofmt", nil)
	tl.check("go vet", errors.New("bad"))
	if tl.passed != 1 || tl.failed != 1 {
		t.Errorf("counted %d passed, %d failed", tl.passed, tl.failed)
	}
}
