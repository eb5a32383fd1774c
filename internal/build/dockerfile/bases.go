package dockerfile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// resolve asks for the images of all stages that are needed, until their triggers name
// no more of them.
func (p *plan) resolve(ctx context.Context, targets []*stage) error {
	for {
		for _, t := range targets {
			p.need(t)
		}
		if err := p.fetch(ctx); err != nil {
			return err
		}
		more := false
		for _, s := range p.stages {
			if !s.needed || s.triggered {
				continue
			}
			s.triggered = true
			added, err := p.triggers(s)
			if err != nil {
				return p.file.failed(err, s.first, s.last)
			}
			more = more || added
		}
		if !more {
			return p.cycles()
		}
		for _, s := range p.stages {
			s.needed = false // what triggers use has to be found
		}
	}
}

// missing are the images that needed stages use and that were not asked for yet.
func (p *plan) missing() (list []*source) {
	add := func(s *source) {
		if s != nil && !s.scratch && s.context == "" && s.image == nil && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	for _, s := range p.stages {
		if !s.needed {
			continue
		}
		add(s.from)
		for _, c := range s.commands {
			for _, u := range c.from {
				add(u.source)
			}
		}
	}
	return list
}

// fetch gets images, some at a time. The error that counts is that of the first line.
func (p *plan) fetch(ctx context.Context) error {
	list := p.missing()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	turn := make(chan struct{}, imagesAtOnce)
	for _, s := range list {
		wg.Add(1)
		go func() {
			defer wg.Done()
			turn <- struct{}{}
			defer func() { <-turn }()
			if s.err = ctx.Err(); s.err != nil {
				return
			}
			if s.image, s.err = p.in.Images(ctx, s.ref, s.platform); s.err != nil {
				cancel()
			}
		}()
	}
	wg.Wait()
	return p.worst(list)
}

// worst prefers the error that stopped the others over theirs.
func (p *plan) worst(list []*source) error {
	var first *source
	for _, s := range list {
		if s.err == nil {
			continue
		}
		if first == nil || isCanceled(first.err) && !isCanceled(s.err) {
			first = s
		}
	}
	if first == nil {
		return nil
	}
	return p.file.failed(fmt.Errorf("%s: %w%s", first.ref, first.err, meant(first.ref, p.names())), first.line, first.last)
}

// triggers puts the ONBUILD instructions of a stage's base in front of its own. It
// reports whether they use anything.
func (p *plan) triggers(s *stage) (added bool, err error) {
	var list []string
	switch {
	case s.base != nil:
		for _, c := range s.base.commands {
			if on, ok := c.Command.(*instructions.OnbuildCommand); ok {
				list = append(list, on.Expression)
			}
		}
	case s.from != nil && s.from.image != nil && !p.replaced(s):
		list = s.from.image.File.Config.OnBuild
	}
	var commands []command
	for _, text := range list {
		c, err := p.trigger(s, text)
		if err != nil {
			return false, fmt.Errorf("ONBUILD %s: %w", short(text), err)
		}
		added = added || len(c.from) > 0
		commands = append(commands, c)
	}
	s.commands = append(commands, s.commands...)
	return added, nil
}

// replaced: a context that stands in place of a stage is taken as it is.
func (p *plan) replaced(s *stage) bool {
	if s.src.Name == "" {
		return false
	}
	_, _, ok := p.in.contextNamed(s.src.Name)
	return ok
}

func (p *plan) trigger(s *stage, text string) (command, error) {
	if len(text) > maxWord || deep([]byte(text)) > 0 {
		return command{}, fmt.Errorf("this trigger is too large")
	}
	tree, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return command{}, err
	}
	if len(tree.AST.Children) != 1 {
		return command{}, fmt.Errorf("onbuild trigger should be a single expression")
	}
	node := tree.AST.Children[0]
	node.StartLine, node.EndLine = s.first, s.last
	ic, err := instructions.ParseCommand(node)
	if err != nil {
		return command{}, err
	}
	if _, ok := ic.(*instructions.OnbuildCommand); ok {
		return command{}, fmt.Errorf("a trigger cannot be ONBUILD")
	}
	c, err := p.command(ic)
	c.trigger = true
	return c, err
}
