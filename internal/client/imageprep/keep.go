package imageprep

import (
	"context"
	"errors"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/project"
)

// attempts bounds how often images are got that somebody prunes at the same time.
const attempts = 5

// keeper keeps images from being pruned between our look at the store and the
// supervisor's use of them. Where it cannot, because the disk is full, nothing is
// kept: that is no reason not to start what is there.
type keeper struct{ session *image.Session }

func newKeeper(ctx context.Context, store *image.Store) keeper {
	x, err := store.Begin(ctx)
	if err != nil {
		return keeper{}
	}
	return keeper{x}
}

// release ends it. What is left of a session is removed by who prunes next.
func (k keeper) release() {
	if k.session != nil {
		_ = k.session.Close()
	}
}

// lost keeps the images of services, and reports one that was there, or that has just
// been got, and is not any more.
func (k keeper) lost(ctx context.Context, have stock, services []*project.Service, failed map[string]error, o client.Imaging) (lost bool) {
	if k.session == nil {
		return false
	}
	check := func(ref string, got bool) {
		if ref == "" || strings.HasPrefix(ref, rootfsPrefix) || imageref.IsSource(ref) {
			return // what is in a file is read by the supervisor
		}
		_, had := have.has(ref, "")
		_, err := k.session.KeepImage(ctx, ref)
		var absent *image.NotFoundError
		lost = lost || errors.As(err, &absent) && (had || got) && failed[ref] == nil
	}
	for _, s := range services {
		never := s.Pull.When == project.PullNever
		check(s.Image, pullable(s) && !never && s.Pull.When != project.PullBuild || s.Build != nil && !o.NoBuild)
		for _, m := range s.Mounts {
			if m.Type == project.MountImage {
				check(m.Source, !never)
			}
		}
	}
	return lost
}
