package screen

import (
	"context"
	"io"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// Screen is where log lines of containers that come and go are printed.
type Screen struct {
	*logs.Follower

	says  sync.WaitGroup
	done  chan error // how printing ended, once
	ended chan struct{}
}

// Open begins to print to out, and what was written to standard error to errOut, until
// [Screen.Close] or ctx ends.
func Open(ctx context.Context, out, errOut io.Writer, f logs.Format) (*Screen, error) {
	follower, err := logs.NewFollower(out, errOut, f)
	if err != nil {
		return nil, err
	}
	s := &Screen{Follower: follower, done: make(chan error, 1), ended: make(chan struct{})}
	go func() {
		s.done <- follower.Run(ctx)
		close(s.done)
		close(s.ended)
	}()
	return s, nil
}

// Last prints a log to its end and then text, "" for none.
func (s *Screen) Last(dir, text string) {
	ended := s.Finish(dir)
	if text == "" {
		return
	}
	s.says.Go(func() {
		<-ended
		s.Say(text)
	})
}

// Close prints all logs to their ends and returns when that is done.
func (s *Screen) Close() error {
	s.says.Wait()
	s.FinishAll()
	return <-s.done
}

// Ended is closed when nothing is printed any more: Close tells why.
func (s *Screen) Ended() <-chan struct{} { return s.ended }

// Label is how the lines of a container are headed: its name without the project's.
func Label(project, container string) string { return strings.TrimPrefix(container, project+"-") }

// Source is the log of a container that is kept in dir.
func Source(project, container, service, dir string) logs.Source {
	return logs.Source{Container: Label(project, container), Name: container, Service: service, Dir: dir}
}
