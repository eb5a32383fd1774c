// Command testall runs every test that this machine can run and counts them.
// It runs gofmt and vet, then the packages' tests, then the scenarios of e2e
// (by themselves, because their leak census looks at the whole machine). Last
// it prints each skip with its reason, and the line
//
//	N passed, N failed, N skipped
//
// It exits non-zero if anything failed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	phases := flag.String("phases", "check,unit,e2e", "what to run, in order")
	verbose := flag.Bool("v", false, "name every test")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	t := newTally(os.Stdout, *verbose)
	for _, phase := range strings.Split(*phases, ",") {
		run, ok := phaseFuncs[phase]
		if !ok {
			fmt.Fprintf(os.Stderr, "testall: no phase %q: use check, unit, e2e\n", phase)
			os.Exit(2)
		}
		run(ctx, t)
	}
	t.report()
	if t.failed > 0 {
		stop()
		os.Exit(1)
	}
}
