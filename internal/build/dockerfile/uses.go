package dockerfile

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
)

// commandsOf finds out what the instructions of a stage use.
func (p *plan) commandsOf(s *stage) error {
	for _, ic := range s.src.Commands {
		first, last := lines(ic.Location())
		c, err := p.command(ic)
		if err != nil {
			return p.file.failed(err, first, last)
		}
		s.commands = append(s.commands, c)
	}
	return nil
}

func (p *plan) command(ic instructions.Command) (command, error) {
	c := command{Command: ic}
	c.first, c.last = lines(ic.Location())
	if p.commanded++; p.commanded > maxInstructions {
		return c, fmt.Errorf("there are more than %d instructions, those of ONBUILD among them", maxInstructions)
	}
	switch ic := ic.(type) {
	case *instructions.CopyCommand:
		if ic.From == "" {
			return c, nil
		}
		u, err := p.copyFrom(ic.From, c)
		c.from = []use{u}
		return c, err
	case *instructions.RunCommand:
		for _, m := range instructions.GetMounts(ic) {
			u := use{}
			if m.From != "" {
				var err error
				if u, err = p.use(m.From, c); err != nil {
					return c, err
				}
			}
			c.from = append(c.from, u)
		}
	}
	return c, nil
}

// copyFrom is COPY --from: variables are not for it, since what a file needs must be
// known before any is set.
func (p *plan) copyFrom(from string, c command) (use, error) {
	r, err := lexer{p.file.escape}.word(from, newScope(nil))
	if err != nil {
		return use{}, err
	}
	if r.Result != from {
		return use{}, errors.New("variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround")
	}
	if n, err := strconv.Atoi(from); err == nil && (n < 0 || n >= len(p.stages)) {
		return use{}, fmt.Errorf("invalid stage index %d: there are stages 0 to %d", n, len(p.stages)-1)
	}
	return p.use(from, c)
}

func (p *plan) use(name string, c command) (use, error) {
	if st, ok := p.find(name); ok {
		return use{stage: st}, nil
	}
	// Of the target's platform, as with docker, also in a stage that has another one.
	src, err := p.source(name, p.target, c.first, c.last)
	return use{source: src}, err
}

// fromWord expands a word of FROM, where only what stands before the first FROM counts.
// unset is for the message if that makes no sense.
func (p *plan) fromWord(s *stage, word string) (expanded, unset string, err error) {
	r, err := lexer{p.file.escape}.word(word, p.globals)
	p.undeclared(s, r.Unmatched)
	for _, name := range sortedKeys(r.Unmatched) {
		unset += fmt.Sprintf(": %s has no value before the first FROM%s", short(name), meant(name, p.globals.Keys()))
	}
	return r.Result, unset, err
}

func (p *plan) undeclared(s *stage, unmatched map[string]struct{}) {
	if len(unmatched) == 0 {
		return
	}
	lint := p.file.lint.WithMergedConfigFromComments(s.src.Comments)
	options := append(p.file.declared(), p.globals.Keys()...)
	known := map[string]bool{}
	for _, o := range options {
		known[o] = true
	}
	for _, name := range sortedKeys(unmatched) {
		if !known[name] {
			lint.Run(&linter.RuleUndefinedArgInFrom, s.src.Location, linter.RuleUndefinedArgInFrom.Format(name, similar(name, options)))
		}
	}
}

// fromPlatform is FROM --platform.
func (p *plan) fromPlatform(s *stage) error {
	r, err := lexer{p.file.escape}.word(s.src.Platform, p.globals)
	p.undeclared(s, r.Unmatched)
	if err != nil {
		return fmt.Errorf("failed to process arguments for platform %s: %w", short(s.src.Platform), err)
	}
	p.lintPlatform(s, r)
	suggestion := ""
	for _, name := range sortedKeys(r.Unmatched) {
		if suggestion == "" {
			suggestion = meant(name, p.globals.Keys())
		}
	}
	if r.Result == "" {
		return fmt.Errorf("empty platform value from expression %s%s", short(s.src.Platform), suggestion)
	}
	on, err := parsePlatform(r.Result)
	if err != nil {
		return fmt.Errorf("failed to parse platform %s: %w%s", short(s.src.Platform), err, suggestion)
	}
	if on.os != "linux" {
		return fmt.Errorf("platform %s: only images for linux can be built", on)
	}
	s.platform, s.fixed = on, true
	return nil
}
