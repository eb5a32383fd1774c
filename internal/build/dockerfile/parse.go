package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	words "github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// file is a Dockerfile as it was parsed.
type file struct {
	name   string
	data   []byte
	escape rune
	stages []instructions.Stage
	args   []instructions.ArgCommand // before the first FROM
	lint   *linter.Linter
	said   *warnings
}

func parse(in *Input) (*file, error) {
	f := &file{name: in.Name, data: in.Data, said: &warnings{}}
	if f.name == "" {
		f.name = "Dockerfile"
	}
	if err := f.bounds(); err != nil {
		return nil, err
	}
	if err := f.syntax(in); err != nil {
		return nil, err
	}
	if err := f.newLinter(in); err != nil {
		return nil, err
	}
	tree, err := parser.Parse(bytes.NewReader(f.data))
	if err != nil {
		return nil, f.failed(err, 0, 0)
	}
	f.escape = tree.EscapeToken
	if n := len(tree.AST.Children); n > maxInstructions {
		return nil, fmt.Errorf("%s: %d instructions are more than the %d that are taken", f.name, n, maxInstructions)
	}
	f.emptyContinuations(tree.Warnings)
	for _, n := range tree.AST.Children {
		if name := strings.ToLower(n.Value); name != words.Arg {
			if _, known := words.Commands[name]; known && name != words.From {
				return nil, f.failed(fmt.Errorf("no build stage in current context: %s stands before the first FROM", strings.ToUpper(name)), n.StartLine, n.EndLine)
			}
			break
		}
	}
	if f.stages, f.args, err = instructions.Parse(tree.AST, f.lint); err != nil {
		return nil, f.failed(err, 0, 0)
	}
	if len(f.stages) == 0 {
		return nil, fmt.Errorf("%s: dockerfile contains no stages to build: it needs a FROM", f.name)
	}
	return f, nil
}

// bounds refuses what would cost the parser too much.
func (f *file) bounds() error {
	switch {
	case len(bytes.TrimSpace(f.data)) == 0:
		return fmt.Errorf("%s: the Dockerfile cannot be empty", f.name)
	case len(f.data) > maxFile:
		return fmt.Errorf("%s: %d bytes are more than the %d that a Dockerfile may have", f.name, len(f.data), maxFile)
	case bytes.IndexByte(f.data, 0) >= 0:
		line := 1 + bytes.Count(f.data[:bytes.IndexByte(f.data, 0)], []byte("\n"))
		return f.failed(errors.New("a zero byte: this is no text file"), line, line)
	}
	if line := deep(f.data); line > 0 {
		return f.failed(fmt.Errorf("more than %d ${ in one another", maxNesting), line, line)
	}
	return nil
}

// deep is the line where ${ are nested too deep, or 0. What the parser sees of a
// line it reads by recursion.
func deep(data []byte) int {
	depth, line := 0, 1
	for i, c := range data {
		switch {
		case c == '\n':
			line++
		case c == '{' && i > 0 && data[i-1] == '$':
			if depth++; depth > maxNesting {
				return line
			}
		case c == '}' && depth > 0:
			depth--
		}
	}
	return 0
}

// syntax looks at "# syntax=": docker runs the image that it names to read the file.
func (f *file) syntax(in *Input) error {
	name, _, where, ok := parser.DetectSyntax(f.data)
	line, last := lines(where)
	if v, given := in.arg("BUILDKIT_SYNTAX"); given {
		name, ok, line, last = v, true, 0, 0
	}
	if !ok || isFrontend(name) {
		return nil
	}
	return f.failed(fmt.Errorf("syntax %q: the program in this image would have to read the file; only docker/dockerfile is built in: take the line out if the file is an ordinary Dockerfile", name), line, last)
}

// isFrontend knows docker's own.
func isFrontend(name string) bool {
	name = strings.TrimPrefix(name, "docker.io/")
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	return name == "docker/dockerfile" || name == "docker/dockerfile-upstream"
}
