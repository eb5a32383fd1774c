package dockerfile

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// stage is what stands between two FROM, while the graph is made.
type stage struct {
	index       int    // in the file
	shown       string // its name, or stage-N
	src         instructions.Stage
	first, last int // lines of FROM
	platform    platform
	fixed       bool // FROM has --platform
	base        *stage
	from        *source // where it starts, if not from a stage
	commands    []command
	needed      bool
	triggered   bool // ONBUILD of its base was looked at

	// What the walk leaves.
	at    int // in Graph.Stages
	done  bool
	scope *scope
	args  []declared
	file  config.File
	rooms bool // a WORKDIR of the file was carried out
}

// source is where files come from that are of no stage of this file.
type source struct {
	ref      string // as it was written
	full     string // docker.io/library/nginx:latest
	platform string
	context  string // the name of an additional context with files
	scratch  bool
	image    *build.Image // once it was asked for
	err      error
	line     int // where it stands first
	last     int
}

// command is an instruction with what it uses.
type command struct {
	instructions.Command
	first, last int
	trigger     bool
	from        []use // of COPY one, of RUN one for each mount
}

// use is a stage or a source; neither: the build's context.
type use struct {
	stage  *stage
	source *source
}

// plan are all stages of a file and what they use.
type plan struct {
	in        *Input
	file      *file
	globals   *scope
	build     platform
	target    platform
	stages    []*stage
	byName    map[string]*stage
	sources   []*source
	byRef     map[string]*source
	commanded int // instructions so far, triggers among them
}

// scan makes the stages.
func (p *plan) scan() error {
	for i, src := range p.file.stages {
		s := &stage{index: i, src: src, shown: src.Name, at: -1}
		s.first, s.last = lines(src.Location)
		if s.shown == "" {
			s.shown = fmt.Sprintf("stage-%d", i)
		}
		if err := p.start(s); err != nil {
			return p.file.failed(err, s.first, s.last)
		}
		p.stages = append(p.stages, s)
		if src.Name != "" {
			p.byName[strings.ToLower(src.Name)] = s
		}
	}
	for _, s := range p.stages {
		if err := p.commandsOf(s); err != nil {
			return err
		}
	}
	// What a lone stage starts from, scratch too, is the only source then.
	if len(p.stages) == 1 && len(p.sources) <= 1 {
		p.stages[0].shown = ""
	}
	return p.cycles()
}

// start finds out what a stage starts from.
func (p *plan) start(s *stage) error {
	name, unset, err := p.fromWord(s, s.src.BaseName)
	if err != nil {
		return err
	}
	if name == "" {
		return fmt.Errorf("base name (%s) should not be blank%s", short(s.src.BaseName), unset)
	}
	s.platform = p.target
	if s.src.Platform != "" {
		if err := p.fromPlatform(s); err != nil {
			return err
		}
	}
	if s.src.Name != "" {
		if c, key, ok := p.in.contextNamed(s.src.Name); ok {
			s.from, err = p.context(c, key, s.platform)
			s.src.Commands = nil // the context stands in place of all of it
			return err
		}
	}
	if base, ok := p.byName[strings.ToLower(name)]; ok {
		s.base = base
		s.platform = base.platform
		return nil
	}
	if s.from, err = p.source(name, s.platform, s.first, s.last); err != nil {
		return fmt.Errorf("%w%s", err, unset)
	}
	return nil
}

// source is what is no stage: an additional context, or an image.
func (p *plan) source(name string, on platform, first, last int) (*source, error) {
	if name == scratch {
		return p.known(&source{ref: name, full: name, platform: on.String(), scratch: true}), nil
	}
	full, err := parseRef(name)
	if err != nil {
		return nil, fmt.Errorf("failed to parse stage name %q: %w%s", short(name), err, meant(name, p.names()))
	}
	if c, key, ok := p.in.contextNamed(name); ok {
		return p.context(c, key, on)
	}
	return p.known(&source{ref: name, full: full, platform: on.String(), line: first, last: last}), nil
}

func (p *plan) context(c Context, key string, on platform) (*source, error) {
	switch {
	case c.Image == scratch:
		return p.known(&source{ref: scratch, full: scratch, platform: on.String(), scratch: true}), nil
	case c.Image == "":
		return p.known(&source{ref: key, context: key}), nil
	}
	full, err := parseRef(c.Image)
	if err != nil || strings.HasPrefix(c.Image, "sha256:") {
		full = c.Image // an id, or whoever knows images may know this one by its digest alone
	}
	return p.known(&source{ref: c.Image, full: full, platform: on.String()}), nil
}

// known is the source that was named like this before, so that it is asked for once.
func (p *plan) known(s *source) *source {
	key := strings.Join([]string{s.full, s.platform, s.context}, "\n")
	if old, ok := p.byRef[key]; ok {
		return old
	}
	p.byRef[key] = s
	p.sources = append(p.sources, s)
	return s
}

// names are those of the stages, for suggestions.
func (p *plan) names() (names []string) {
	for _, s := range p.stages {
		if s.src.Name != "" {
			names = append(names, s.src.Name)
		}
	}
	return names
}

// find is a stage by its name, or by its number in the file.
func (p *plan) find(name string) (*stage, bool) {
	if s, ok := p.byName[strings.ToLower(name)]; ok {
		return s, true
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(p.stages) && strconv.Itoa(n) == name {
		return p.stages[n], true
	}
	return nil, false
}

// wanted is the stage that is asked for.
func (p *plan) wanted() (*stage, error) {
	if p.in.Target == "" {
		return p.stages[len(p.stages)-1], nil
	}
	if s, ok := p.find(p.in.Target); ok {
		return s, nil
	}
	return nil, fmt.Errorf("%s: target stage %q could not be found%s", p.file.name, short(p.in.Target), p.possible())
}

// possible are the stages that could have been asked for, as they stand behind an error.
func (p *plan) possible() string {
	if close := meant(p.in.Target, p.names()); close != "" || len(p.names()) == 0 {
		return close
	}
	return " (stages are: " + joined(p.names()) + ")"
}

// need marks a stage and all that it uses.
func (p *plan) need(s *stage) {
	if s == nil || s.needed {
		return
	}
	s.needed = true
	p.need(s.base)
	for _, c := range s.commands {
		for _, u := range c.from {
			p.need(u.stage)
		}
	}
}

// cycles refuses a stage that uses itself, by whatever way. Only stages that are
// written later can lead back, since a base stands before its stage.
func (p *plan) cycles() error {
	const (
		fresh = iota
		open
		closed
	)
	state := make([]int, len(p.stages))
	var visit func(s *stage) *command
	visit = func(s *stage) *command {
		state[s.index] = open
		for i, c := range s.commands {
			for _, u := range c.from {
				switch {
				case u.stage == nil:
				case state[u.stage.index] == open:
					return &s.commands[i]
				case state[u.stage.index] == fresh:
					if at := visit(u.stage); at != nil {
						return at
					}
				}
			}
		}
		if s.base != nil {
			switch state[s.base.index] {
			case open:
				return &command{first: s.first, last: s.last}
			case fresh:
				if at := visit(s.base); at != nil {
					return at
				}
			}
		}
		state[s.index] = closed
		return nil
	}
	for _, s := range p.stages {
		if state[s.index] == fresh {
			if at := visit(s); at != nil {
				return p.file.failed(fmt.Errorf("circular dependency detected on stage: %s", cmp.Or(s.shown, s.src.Name)), at.first, at.last)
			}
		}
	}
	return nil
}
