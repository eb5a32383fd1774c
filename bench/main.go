// Command bench measures mocker-compose beside what it is compared with, in one
// run on one machine, and prints medians and ratios (docs/benchmarks.md).
//
// It makes projects in a temporary directory, with run and data directories of
// their own, and removes them at the end. What it needs and does not find it
// names, and leaves the lines out. With -check it exits with 1 if a figure was
// not reached.
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

// measurements are what can be named with -only, in the order in which they run.
var measurements = []struct {
	name string
	run  func(context.Context, *bench) error
}{
	{"launch", benchLaunch},
	{"up-one", benchUpOne},
	{"fifty", benchFifty},
	{"limits", benchLimits},
	{"plan", benchPlan},
	{"stop", benchStop},
	{"stats", benchStats},
	{"net-make", benchNetMake},
	{"net", benchNet},
	{"net-hold", benchNetHold},
	{"logs-in", benchLogsIn},
	{"logs-out", benchLogsOut},
	{"unpack", benchUnpack},
	{"images", benchImages},
	{"own", benchOwn},
	{"build", benchBuild},
	{"pull", benchPull},
}

func main() {
	if len(os.Args) > 1 {
		if f, ok := helpers[os.Args[1]]; ok {
			exitWith(f(os.Args[2:]))
		}
	}
	compose := flag.String("compose", "bin/mocker-compose", "the program to measure")
	runs := flag.Int("runs", 7, "repetitions; the median counts")
	only := flag.String("only", "", "names of measurements, with commas")
	check := flag.Bool("check", false, "exit with 1 if a figure was not reached")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	b, err := newBench(ctx, *compose, *runs)
	if err != nil {
		exitWith(err)
	}
	err = b.measure(ctx, *only)
	b.close()
	b.report(os.Stdout)
	if err == nil && *check && b.missed > 0 {
		err = fmt.Errorf("%d figures were not reached", b.missed)
	}
	exitWith(err)
}

func (b *bench) measure(ctx context.Context, only string) error {
	for _, m := range measurements {
		if only != "" && !strings.Contains(","+only+",", ","+m.name+",") {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s\n", m.name)
		if err := m.run(ctx, b); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.skip(m.name, err.Error())
		}
	}
	return nil
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
