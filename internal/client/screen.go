package client

import (
	"context"
	"io"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// screen is where log lines of containers that come and go are printed. None
// of its methods waits for a slow terminal, but close.
type screen struct {
	follower *logs.Follower
	says     sync.WaitGroup
	done     chan error // how printing ended, once
	ended    chan struct{}
}

// openScreen begins to print to standard output and error.
func (e *Env) openScreen(ctx context.Context, f logs.Format) (*screen, error) {
	return openScreen(ctx, e.Stdout, e.Stderr, f)
}

func openScreen(ctx context.Context, out, errOut io.Writer, f logs.Format) (*screen, error) {
	follower, err := logs.NewFollower(out, errOut, f)
	if err != nil {
		return nil, err
	}
	s := &screen{follower: follower, done: make(chan error, 1), ended: make(chan struct{})}
	go func() {
		s.done <- follower.Run(ctx)
		close(s.done)
		close(s.ended)
	}()
	return s, nil
}

// finish prints a log to its end and then text, "" for none.
func (s *screen) finish(dir, text string) {
	ended := s.follower.Finish(dir)
	if text == "" {
		return
	}
	s.says.Go(func() {
		<-ended
		s.follower.Say(text)
	})
}

// close prints all logs to their ends and returns when that is done.
func (s *screen) close() error {
	s.says.Wait()
	s.follower.FinishAll()
	return <-s.done
}

// format is how log lines look on our standard output.
func (e *Env) format(timestamps, noPrefix, noColour bool) logs.Format {
	terminal := tty.Is(e.Stdout)
	colour := terminal && e.Getenv("NO_COLOR") == "" || e.ansi() == "always"
	return logs.Format{
		Prefix: !noPrefix, Timestamps: timestamps, Terminal: terminal,
		Color: colour && !noColour && e.ansi() != "never",
	}
}

// ansi is --ansi, else COMPOSE_ANSI, else auto.
func (e *Env) ansi() string {
	if a := e.Global.Ansi; a != "" && a != "auto" {
		return a
	}
	return strings.ToLower(e.Getenv("COMPOSE_ANSI"))
}
