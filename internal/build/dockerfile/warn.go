package dockerfile

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// warnings are collected while the file is read.
type warnings struct {
	list []build.Warning
}

// maxWarnings bounds what a file can make us say.
const maxWarnings = 1000

func (w *warnings) add(warning build.Warning) {
	if len(w.list) < maxWarnings {
		w.list = append(w.list, warning)
	}
}

// sorted are the warnings by line, each once.
func (w *warnings) sorted() []build.Warning {
	list := slices.Clone(w.list)
	slices.SortStableFunc(list, func(a, b build.Warning) int { return cmp.Compare(a.Line, b.Line) })
	return slices.Compact(list)
}

// newLinter reads "# check=" or the argument that stands in its place.
func (f *file) newLinter(in *Input) error {
	options, _, where, _ := parser.ParseDirective("check", f.data)
	line, last := lines(where)
	if v, ok := in.arg("BUILDKIT_DOCKERFILE_CHECK"); ok {
		options, line, last = v, 0, 0
	}
	config, err := linter.ParseLintOptions(options)
	if err != nil {
		return f.failed(fmt.Errorf("failed to parse check options: %w", err), line, last)
	}
	config.Warn = func(name, description, url, text string, location []parser.Range) {
		first, last := lines(location)
		f.said.add(build.Warning{Rule: name, Text: text, Description: description, URL: url, Line: first, Last: last})
	}
	f.lint = linter.New(config)
	return nil
}

func (f *file) emptyContinuations(list []parser.Warning) {
	for _, w := range list {
		if w.URL == linter.RuleNoEmptyContinuation.URL {
			f.lint.Run(&linter.RuleNoEmptyContinuation, []parser.Range{*w.Location}, linter.RuleNoEmptyContinuation.Format())
		}
	}
}

// violated is the error of "# check=error=true" if a rule had something to say.
func (f *file) violated() error {
	if !f.lint.ReturnAsError || len(*f.lint.CalledRules) == 0 {
		return nil
	}
	names := slices.Clone(*f.lint.CalledRules)
	slices.Sort(names)
	list := f.said.sorted()
	text := fmt.Errorf("lint violation found for rules: %s", joined(slices.Compact(names)))
	if len(list) == 0 || list[0].Line == 0 {
		return fmt.Errorf("%s: %w", f.name, text)
	}
	return f.failed(text, list[0].Line, list[0].Last)
}
