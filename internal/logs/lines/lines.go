// Package lines hands the lines of a container's log to a function, as they come.
//
// It follows the files as `logs -f` does, by inotify. Where the limits of inotify(7) are
// reached it looks again four times a second; a line may then be handed over twice.
//
// Of a line that is longer than 64 KiB the beginning is handed over, once, when it ends:
// memory does not depend on what a service writes.
package lines

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

const (
	lineLimit = 64 << 10
	again     = 250 * time.Millisecond
)

// Follow hands over each line that came since a time, without its line feed, until found
// says that it was the one (nil), ctx ends (its error), or the log cannot be read. The
// line is valid during the call.
func Follow(ctx context.Context, s logs.Source, since time.Time, found func(line []byte) bool) error {
	err := follow(ctx, s, logs.Query{Follow: true, Tail: -1, Since: since}, found)
	var limit *cause.Error
	for errors.As(err, &limit) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(again):
		}
		now := time.Now()
		was := err
		if err = follow(ctx, s, logs.Query{Tail: -1, Since: since}, found); errors.Is(err, errAll) {
			err, since = was, now.Add(-again)
		}
	}
	return err
}

// errAll: all that there is was read.
var errAll = errors.New("no more lines")

func follow(ctx context.Context, s logs.Source, q logs.Query, found func([]byte) bool) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done := errors.New("found")
	is := false
	look := func(line []byte) {
		if !is && found(line) {
			is = true
			stop(done)
		}
	}
	err := logs.Print(ctx, &splitter{look: look}, &splitter{look: look}, []logs.Source{s}, q, logs.Format{})
	switch {
	case is:
		return nil
	case err == nil:
		return errAll
	}
	return err
}

// splitter cuts what is printed into lines. All calls come from one goroutine.
type splitter struct {
	held []byte
	look func(line []byte)
}

// Write takes some bytes of one stream.
func (w *splitter) Write(b []byte) (int, error) {
	n := len(b)
	for {
		line, rest, ended := bytes.Cut(b, []byte("\n"))
		if len(w.held) > 0 || !ended {
			w.held = append(w.held, line[:min(len(line), lineLimit-len(w.held))]...)
			line = w.held
		}
		if !ended {
			return n, nil
		}
		w.look(bytes.TrimSuffix(line[:min(len(line), lineLimit)], []byte("\r")))
		w.held, b = w.held[:0], rest
		if len(b) == 0 {
			return n, nil
		}
	}
}
