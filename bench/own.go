package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// benchOwn compares starts of a service that has two ids exchanged (x-mocker.own_files)
// with starts of one that has not, and tells what the image's tree for it took.
func benchOwn(ctx context.Context, b *bench) error {
	file := filepath.Join(b.dir, "own.tar")
	if err := b.writeArchive(file, "own:1", 1); err != nil {
		return err
	}
	took := map[string][]time.Duration{}
	var made []time.Duration
	starters := map[string]*starter{}
	for _, rule := range []string{"false", "7"} { // the image is read for the first
		s, first, err := b.owner(ctx, file, rule)
		if err != nil {
			return err
		}
		defer s.q.Close()
		starters[rule] = s
		made = append(made, first)
	}
	for range b.runs * 5 {
		for rule, s := range starters {
			t, err := s.p.startAll(ctx, s.q, 1)
			if err != nil {
				return err
			}
			took[rule] = append(took[rule], t)
			if _, err := s.p.run(ctx, "stop", "-t", "0", "s"); err != nil {
				return err
			}
		}
	}
	b.ratio("launch with own_files, against without", took["7"], took["false"], 1.25)
	for _, s := range starters {
		if _, err := s.p.run(ctx, "down", "-t", "0"); err != nil {
			return err
		}
	}
	if _, err := starters["7"].p.run(ctx, "image", "prune", "-af"); err != nil { // its directories are not ours to remove
		return err
	}
	fmt.Printf("own_files: the first up of a project, its image's tree made: %s\n", short(made[1]))
	return nil
}

// owner is a project whose service has own_files, and how long its creation took.
func (b *bench) owner(ctx context.Context, file, rule string) (*starter, time.Duration, error) {
	image := "'docker-archive:" + file + "'"
	service := strings.Replace(fmt.Sprintf(hello, 1), "ROOT", image, 1)
	service = strings.Replace(service, "scale:", fmt.Sprintf("x-mocker: {own_files: %q}, scale:", rule), 1)
	p, err := b.project("own"+rule, "  keep: { image: "+image+", command: /bin/sleep 1000 }\n  s: "+service)
	if err != nil {
		return nil, 0, err
	}
	first, err := p.run(ctx, "up", "--no-start")
	if err != nil {
		return nil, 0, err
	}
	if _, err := p.run(ctx, "start", "keep"); err != nil {
		return nil, 0, err
	}
	q, err := openFIFO(p.dir)
	return &starter{rule, p, q}, first, err
}
