// Command tour shows the main job of mocker-compose on the demo project: three
// services come up in order, one crashes and returns, logs, a command inside,
// and the end that leaves nothing. It ends by itself, and takes the project
// down again whatever happens, Ctrl-C included.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

func main() {
	compose := flag.String("compose", "bin/mocker-compose", "the program to show")
	project := flag.String("project", "examples/demo", "directory of the demo project")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := show(ctx, *compose, *project); err != nil {
		stop()
		if errors.Is(err, context.Canceled) {
			fmt.Fprintln(os.Stderr, "demo: interrupted; the project was taken down")
			os.Exit(130)
		}
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		os.Exit(1)
	}
}

func show(ctx context.Context, compose, dir string) (err error) {
	compose, err = filepath.Abs(compose)
	if err != nil {
		return err
	}
	t := &tour{
		compose: compose,
		dir:     dir,
		name:    "mocker-demo-" + strconv.Itoa(os.Getpid()),
		style:   styleFor(os.Stdout),
	}
	defer func() { err = errors.Join(err, t.cleanUp(err)) }()

	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, step := range []func(context.Context) error{t.up, t.look, t.visit, t.crash, t.logs, t.inside, t.down} {
		if err := step(limited); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
	return nil
}
