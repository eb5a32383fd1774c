package building

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/project"
)

// All builds the images of services, and of those that they take files from; each
// after what it needs, limit at the same time (-1: all). The images are by service.
func (b *Builder) All(ctx context.Context, names []string, limit int) (map[string]image.Image, error) {
	b.built, b.limit = map[string]image.Image{}, max(limit, 0)
	list, err := b.Needed(names)
	if err != nil {
		return nil, err
	}
	done := map[string]chan struct{}{}
	for _, s := range list {
		done[s.Name] = make(chan struct{})
	}
	group, ctx := errgroup.WithContext(ctx)
	turns := make(chan struct{}, len(list))
	if limit > 0 {
		turns = make(chan struct{}, limit)
	}
	for _, s := range list {
		group.Go(func() error {
			for _, on := range s.Build.BuildsOn() {
				select {
				case <-done[on]:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			select {
			case turns <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			defer func() { <-turns }()
			if err := b.build(ctx, s); err != nil {
				return err
			}
			close(done[s.Name])
			return nil
		})
	}
	err = group.Wait()
	return b.built, err
}

// Needed are the services with what their builds take files from, those first.
func (b *Builder) Needed(names []string) (list []*project.Service, err error) {
	var add func(name string) error
	add = func(name string) error {
		if slices.ContainsFunc(list, func(s *project.Service) bool { return s.Name == name }) {
			return nil
		}
		s, ok := b.Project.Builder(name)
		if !ok {
			return fmt.Errorf("service %q builds no image", name)
		}
		for _, on := range s.Build.BuildsOn() {
			if err := add(on); err != nil {
				return err
			}
		}
		list = append(list, s)
		return nil
	}
	for _, name := range names {
		if err := add(name); err != nil {
			return nil, err
		}
	}
	return list, nil
}
