package supervisor

import (
	"context"
	"errors"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/copytar"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
)

// copyFiles copies files from or to a container, whether it runs or not. The
// stream that came with the request is its only way to the client's files.
func (s *Supervisor) copyFiles(ctx context.Context, r *request, b api.CopyRequest) error {
	if len(r.Files) != 1 {
		return fmt.Errorf("copy of container %s: %d files came with the request, need the stream", b.Container, len(r.Files))
	}
	var c *Container
	runs := false
	err := s.loop.Ask(func() {
		if i := s.loop.Instances[b.Container]; i != nil && i.Rec.State != Creating && i.Rec.State != Removing {
			found := i.Rec.Container
			c, runs = &found, i.Run != nil
		}
	})
	if err != nil {
		return err
	}
	if c == nil {
		return fmt.Errorf("no such container: %s", b.Container)
	}
	// What is half done must not be done again: the client is not to repeat it.
	if err := r.Send(api.Answer{}); err != nil {
		return err
	}
	if !runs { // then it may have to be made, after the death of its holder
		if err := s.loop.Ensure(ctx); err != nil {
			return err
		}
	}
	job := copytar.Job{In: b.In, Path: b.Path, Follow: b.Follow, Archive: b.Archive, Owners: b.Owners, Mirror: b.Mirror}
	left, err := s.rt.Copy(ctx, c, job, r.Files[0])
	r.CloseFiles() // the reader at the other end must see the end
	for _, text := range left {
		r.Warn("Container", c.Name, text)
	}
	var start *StartError
	if errors.As(err, &start) {
		return door.WithHint(start.Hint, fmt.Errorf("container %s: %w", c.Name, err))
	}
	return err
}
