package inside

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image/cachemount"
)

// cacheOf is the id of the directory of mount i, which outlives the build. One that
// begins with files of another stage is another one than without.
func (r *running) cacheOf(i int) string {
	m := &r.job.Run.Mounts[i]
	if m.From == nil {
		return m.ID
	}
	sum := sha256.Sum256([]byte(strings.Join(r.job.Mounts[i].Lower, ":") + "/" + m.Source))
	return m.ID + fmt.Sprintf("@%x", sum[:6])
}

// takeCaches takes the directories of all cache mounts into use, each once, in the
// order of their ids: two steps that have the same ones locked and name them in another
// order would wait for each other for ever.
func (r *running) takeCaches(ctx context.Context) error {
	var order []int
	for i := range r.job.Run.Mounts {
		if r.job.Run.Mounts[i].Type == build.MountCache {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.cacheOf(a), r.cacheOf(b)) })
	r.caches = map[string]*cachemount.Mount{}
	for _, i := range order {
		id := r.cacheOf(i)
		if r.caches[id] != nil {
			continue
		}
		c, err := r.takeCache(ctx, i, id, r.sharing(order, id))
		if err != nil {
			return fmt.Errorf("mount cache %s: %w", r.job.Run.Mounts[i].Target, err)
		}
		r.caches[id] = c
	}
	return nil
}

// sharing is how a directory is shared that the step has at several places: as it is
// first, unless one of them has it locked.
func (r *running) sharing(order []int, id string) (how string) {
	for _, i := range order {
		m := &r.job.Run.Mounts[i]
		if r.cacheOf(i) == id && (how == "" || m.Sharing == cachemount.Locked) {
			how = cmp.Or(m.Sharing, cachemount.Shared)
		}
	}
	return how
}

func (r *running) takeCache(ctx context.Context, i int, id, sharing string) (*cachemount.Mount, error) {
	c, err := r.p.store.Mounts().Take(ctx, id, sharing)
	if err != nil {
		return nil, err
	}
	r.back.Add("cache "+id, c.Close)
	if !c.New {
		return c, nil
	}
	if err := r.fill(ctx, i, &r.job.Run.Mounts[i], c); err != nil {
		return nil, err // the next one begins anew
	}
	return c, c.Filled()
}

// cache mounts a directory that was taken.
func (r *running) cache(i int, m *build.Mount) error {
	options := []string{}
	if m.ReadOnly {
		options = append(options, "ro")
	}
	r.mountAt(m.Target, r.caches[r.cacheOf(i)].Path, options...)
	return nil
}

// fill gives a new cache what it begins with.
func (r *running) fill(ctx context.Context, i int, m *build.Mount, c *cachemount.Mount) error {
	dst, err := os.Open(c.Path)
	if err != nil {
		return err
	}
	defer dst.Close()
	if m.From != nil {
		return r.fillFrom(ctx, i, m, dst)
	}
	o := r.owner(m, 0o755)
	if err := dst.Chown(o.uid, o.gid); err != nil {
		return err
	}
	return dst.Chmod(o.mode)
}
