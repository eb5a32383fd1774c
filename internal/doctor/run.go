package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// Role is the role of the child that tries things in a user namespace.
const Role = "doctor"

// limit bounds the child. It needs a quarter of a second.
const limit = 30 * time.Second

// Run makes all checks. It changes nothing that outlives it.
func Run(ctx context.Context, dirs state.Dirs) Report {
	h := cause.Here()
	f := &found{}
	var side sync.WaitGroup
	side.Go(func() { f.cgroup = delegate.Probe(ctx, rootless.RunRole) })
	room, remove := f.tryOutside(h, dirs)
	defer remove()
	f.tryInside(ctx, room)
	side.Wait()
	return report(h, f)
}

// tryInside has a child make its attempts with the ids that projects would have; if
// these cannot be had, with one.
func (f *found) tryInside(ctx context.Context, room string) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	maps, err := rootless.FindIDMaps()
	if err != nil {
		f.userNS = tried(err)
		return
	}
	f.direct = maps.Direct
	err = f.child(ctx, maps, room)
	if err != nil && !maps.Single() && !maps.Direct {
		if c, ok := cause.Of(err); ok && cause.OfIDs(c) {
			f.maps = tried(bare(err))
			maps = rootless.SingleID()
			err = f.child(ctx, maps, room)
		}
	}
	f.userNS, f.single, f.ids = tried(bare(err)), maps.Single(), count(maps)
}

// bare is an error without the cause that is known of it, which the judge finds again.
func bare(err error) error {
	var e *cause.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Doing, e.Err)
	}
	return err
}

func count(m rootless.IDMaps) (n uint64) {
	for _, r := range m.UIDs {
		n += uint64(r.Count)
	}
	return n
}

func (f *found) child(ctx context.Context, maps rootless.IDMaps, room string) error {
	answer, code, err := askChild(ctx, maps, room)
	if err != nil {
		return err
	}
	in := &inside{}
	if err := json.Unmarshal(answer, in); err != nil || code != 0 {
		return fmt.Errorf("the child that tries namespaces has ended with exit %d: %w", code, err)
	}
	f.inside = in
	return nil
}

func askChild(ctx context.Context, maps rootless.IDMaps, room string) (answer []byte, code int, err error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, 0, err
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		answer, _ = io.ReadAll(r) // half an answer is none
	}()
	code, err = rootless.TryRole(ctx, maps, []string{Role, room}, [3]*os.File{null, w, null})
	w.Close()
	<-read
	return answer, code, err
}
