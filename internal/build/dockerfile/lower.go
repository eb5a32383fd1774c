package dockerfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// Lower makes a graph of what the target needs. Mistakes in the file are an [*Error].
func Lower(ctx context.Context, in Input) (*build.Graph, error) {
	p, err := newPlan(&in)
	if err != nil {
		return nil, err
	}
	target, err := p.wanted()
	if err != nil {
		return nil, err
	}
	if err := p.resolve(ctx, []*stage{target}); err != nil {
		return nil, err
	}
	g := &build.Graph{File: p.file.name, Source: in.Data}
	if g.Epoch, err = in.epoch(p.globals); err != nil {
		return nil, fmt.Errorf("%s: %w", p.file.name, err)
	}
	if err := p.walkAll(ctx, g, target); err != nil {
		return nil, err
	}
	if err := p.file.violated(); err != nil {
		return nil, err
	}
	final := &g.Stages[len(g.Stages)-1].Image
	if len(in.Labels) > 0 {
		labels := map[string]string{}
		maps.Copy(labels, final.Config.Labels)
		maps.Copy(labels, in.Labels)
		final.Config.Labels = labels
	}
	g.Warnings = p.file.said.sorted()
	return g, nil
}

// Check is what the rules have to say of all stages, or of those of the target. Base
// images are not asked for: nothing is assumed of them.
func Check(ctx context.Context, in Input) ([]build.Warning, error) {
	in.Images = func(_ context.Context, ref, platform string) (*build.Image, error) {
		return unknownImage(ref, platform), nil
	}
	p, err := newPlan(&in)
	if p == nil {
		return nil, err
	}
	if err == nil {
		err = p.check(ctx)
	}
	return p.file.said.sorted(), err
}

func (p *plan) check(ctx context.Context) error {
	targets := p.stages
	if p.in.Target != "" {
		target, err := p.wanted()
		if err != nil {
			return err
		}
		targets = []*stage{target}
	}
	if err := p.resolve(ctx, targets); err != nil {
		return err
	}
	return p.walkAll(ctx, &build.Graph{}, nil)
}

// unknownImage stands for one that nobody has looked at.
func unknownImage(ref, on string) *build.Image {
	img := &build.Image{Ref: ref}
	if p, err := parsePlatform(on); err == nil {
		img.File.OS, img.File.Architecture, img.File.Variant = p.os, p.arch, p.variant
	}
	return img
}

// newPlan parses the file. With an error the plan is there if there are warnings to show.
func newPlan(in *Input) (*plan, error) {
	f, err := parse(in)
	if err != nil {
		return nil, err
	}
	p := &plan{in: in, file: f, build: machine(), target: machine(), byName: map[string]*stage{}, byRef: map[string]*source{}}
	if in.Images == nil {
		return nil, errors.New("dockerfile: there is nobody to ask for images")
	}
	if in.Platform != "" {
		if p.target, err = parsePlatform(in.Platform); err != nil {
			return nil, err
		}
		if p.target.os != "linux" {
			return nil, fmt.Errorf("platform %s: only images for linux can be built", p.target)
		}
	}
	f.lintNames()
	f.lintCasing()
	automatic := in.automatic(p.build, p.target, cmp.Or(in.Target, f.stages[len(f.stages)-1].Name))
	f.defaultBases(automatic)
	if p.globals, err = f.globals(automatic, in.arg); err != nil {
		return p, err
	}
	return p, p.scan()
}

// walkAll carries out the stages in the file's order; a target is the last.
func (p *plan) walkAll(ctx context.Context, g *build.Graph, target *stage) error {
	for _, s := range p.stages {
		if !s.needed {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		w := &walk{plan: p, stage: s, graph: g, lex: lexer{p.file.escape}}
		if err := w.carryOut(); err != nil {
			return err
		}
		s.at, s.done = len(g.Stages), true
		g.Stages = append(g.Stages, w.out)
		if s == target {
			return nil
		}
	}
	return nil
}

// blank is the configuration of an image that has nothing yet.
func blank(on platform) config.File {
	return config.File{
		OS: on.os, Architecture: on.arch, Variant: on.variant,
		RootFS: config.RootFS{Type: "layers"},
		Config: config.Config{WorkingDir: "/", Env: []string{"PATH=" + defaultPath}},
	}
}

// defaultPath is docker's, for images that have none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// copyOf shares nothing that an instruction changes.
func copyOf(f config.File) config.File {
	c := &f.Config
	c.Env, c.Cmd, c.Entrypoint = slices.Clone(c.Env), slices.Clone(c.Cmd), slices.Clone(c.Entrypoint)
	c.Shell, c.OnBuild = slices.Clone(c.Shell), nil
	c.ExposedPorts, c.Volumes, c.Labels = maps.Clone(c.ExposedPorts), maps.Clone(c.Volumes), maps.Clone(c.Labels)
	if c.Healthcheck != nil {
		h := *c.Healthcheck
		h.Test = slices.Clone(h.Test)
		c.Healthcheck = &h
	}
	f.History = slices.Clone(f.History)
	return f
}

func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }
