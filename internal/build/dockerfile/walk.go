package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// walk carries out the instructions of a stage.
type walk struct {
	*plan
	stage *stage
	graph *build.Graph
	lex   lexer
	scope *scope
	lint  *linter.Linter // of the instruction at hand
	out   build.Stage
	shown int // steps that have a number so far
	once  map[string][]parser.Range
}

func (w *walk) carryOut() error {
	s := w.stage
	w.lint, w.once = w.file.lint, map[string][]parser.Range{}
	w.out = build.Stage{Name: s.shown, Line: s.first}
	if err := w.begin(); err != nil {
		return w.file.failed(err, s.first, s.last)
	}
	for _, c := range s.commands {
		w.lint = w.file.lint.WithMergedConfigFromComments(c.Comments())
		if err := w.instruction(c); err != nil {
			return w.file.failed(err, c.first, c.last)
		}
	}
	s.scope = w.scope
	w.out.Image = s.file
	return nil
}

// begin takes over from where the stage starts.
func (w *walk) begin() error {
	s := w.stage
	switch {
	case s.base != nil:
		if !s.base.done {
			return fmt.Errorf("stage %q is used before it is there", s.base.shown)
		}
		s.file, s.scope, s.args, s.rooms = copyOf(s.base.file), s.base.scope.clone(), s.base.args, s.base.rooms
		s.platform = s.base.platform
		s.scope.putAll(s.file.Config.Env) // what ENV set stands over the base's ARGs again
		s.file.Config.OnBuild = nil
		at := s.base.at
		w.out.Base.Stage = &at
		w.out.Text = "FROM " + s.base.shown
	case s.from.image != nil:
		if err := w.beginImage(s.from); err != nil {
			return err
		}
	default:
		s.file = blank(s.platform)
		w.out.Text = "FROM " + s.from.ref
	}
	if s.scope == nil {
		s.scope = newScope(s.file.Config.Env)
	}
	w.scope = s.scope
	w.count()
	if s.from != nil && s.from.context != "" {
		w.wholeContext(s.from.context)
	}
	return nil
}

// beginImage takes an image's configuration over. What is only the image's own
// (its date) is not for what is built on it.
func (w *walk) beginImage(from *source) error {
	s, img := w.stage, from.image
	s.file = copyOf(img.File)
	s.file.Created = noTime
	if s.file.RootFS.Type == "" {
		s.file.RootFS.Type = "layers"
	}
	if s.file.OS == "" || s.file.Architecture == "" {
		s.file.OS, s.file.Architecture, s.file.Variant = s.platform.os, s.platform.arch, s.platform.variant
	}
	w.lintBase(from)
	c := &s.file.Config
	if c.WorkingDir != "" {
		c.WorkingDir = path.Join("/", c.WorkingDir)
	}
	s.scope = newScope(c.Env)
	if _, ok := s.scope.Get("PATH"); !ok {
		c.Env = append(c.Env, "PATH="+defaultPath)
		s.scope.put("PATH", defaultPath)
	}
	w.out.Base.Image = img
	w.out.Text = "FROM " + from.full
	return nil
}

// count numbers the steps as buildx does: those that make layers, and getting the base.
func (w *walk) count() {
	if w.stage.from != nil && !w.stage.from.scratch {
		w.out.Total, w.shown = 1, 1
	}
	for _, c := range w.stage.commands {
		switch c.Command.(type) {
		case *instructions.AddCommand, *instructions.CopyCommand, *instructions.RunCommand, *instructions.WorkdirCommand:
			w.out.Total++
		}
	}
}

// wholeContext is FROM with a name that is a context's: all files of it.
func (w *walk) wholeContext(name string) {
	w.out.Steps = append(w.out.Steps, build.Step{
		Line: w.stage.first, Last: w.stage.last, Number: 1, Text: "FROM " + name, Unlisted: true,
		Copy: &build.Copy{From: build.Source{Context: name}, Paths: []string{"/"}, Dest: "/"},
	})
}

// step adds one.
func (w *walk) step(c command, s build.Step) {
	s.Line, s.Last = c.first, c.last
	if !s.Empty() {
		w.shown++
		s.Number = w.shown
	}
	if c.trigger {
		s.Text = "ONBUILD " + s.Text
	}
	w.out.Steps = append(w.out.Steps, s)
}

// expand is a word of an instruction; what it names without a value is said.
func (w *walk) expand(c instructions.Command, word string) (string, error) {
	r, err := w.lex.word(word, w.scope)
	w.undefined(c, r.Unmatched)
	return r.Result, err
}

// instruction carries out one.
func (w *walk) instruction(c command) error {
	_, isArg := c.Command.(*instructions.ArgCommand)
	if ex, ok := c.Command.(instructions.SupportsSingleWordExpansion); ok && !isArg {
		err := ex.Expand(func(word string) (string, error) { return w.expand(c, word) })
		if err != nil {
			return err
		}
	}
	if ex, ok := c.Command.(instructions.SupportsSingleWordExpansionRaw); ok {
		err := ex.ExpandRaw(func(word string) (string, error) {
			r, err := w.lex.text(word, w.scope)
			w.undefined(c, r.Unmatched)
			return r.Result, err
		})
		if err != nil {
			return err
		}
	}
	switch ic := c.Command.(type) {
	case *instructions.RunCommand:
		return w.run(c, ic)
	case *instructions.CopyCommand:
		return w.copy(c, ic)
	case *instructions.AddCommand:
		return w.add(c, ic)
	case *instructions.WorkdirCommand:
		return w.workDir(c, ic)
	}
	createdBy, err := w.configure(c, c.Command)
	if err != nil {
		return err
	}
	w.step(c, build.Step{Text: code(c.Command), CreatedBy: createdBy, Unlisted: createdBy == ""})
	return nil
}

// workDir is WORKDIR: it is made at once, as USER's.
func (w *walk) workDir(c command, ic *instructions.WorkdirCommand) error {
	cfg := &w.stage.file.Config
	if !w.stage.rooms && !path.IsAbs(ic.Path) {
		w.lint.Run(&linter.RuleWorkdirRelativePath, ic.Location(), linter.RuleWorkdirRelativePath.Format(ic.Path))
	}
	if strings.ContainsRune(ic.Path, 0) {
		return errors.New("a path holds a zero byte")
	}
	w.stage.rooms = true
	cfg.WorkingDir = w.below(ic.Path)
	step := build.Step{Text: w.text(ic, false), CreatedBy: "WORKDIR " + cfg.WorkingDir}
	if cfg.WorkingDir != "/" {
		step.MakeDir = &build.MakeDir{Path: cfg.WorkingDir, User: cfg.User}
	}
	w.step(c, step)
	return nil
}

// below is a path from the working directory, cleaned.
func (w *walk) below(p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join("/", w.stage.file.Config.WorkingDir, p)
}

// text is an instruction as it is shown, its variables expanded.
func (w *walk) text(ic instructions.Command, raw bool) string {
	return upper(w.lex.shown(code(ic), w.scope, raw))
}

// upper has the instruction's name in capitals.
func upper(s string) string {
	name, rest, ok := strings.Cut(s, " ")
	if !ok {
		return strings.ToUpper(name)
	}
	return strings.ToUpper(name) + " " + rest
}

// code is the instruction as it was written, on one line.
func code(ic instructions.Command) string {
	if s, ok := ic.(fmt.Stringer); ok {
		return s.String()
	}
	return ic.Name()
}
