package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// unseen are commands and flags that no scenario uses, and why.
var unseen = map[string]string{
	"--version": "it is no flag of a command: TestGlobalFlags of e2e has it",
	"__man":     "it writes files for make install: TestManual reads them",
}

// TestEveryFlagHasAScenario: each command, with each of its flags, is used by a scenario
// in e2e, on a real project. Command lines are read off the sources: the arguments of
// calls, and lines in tables; what is not a literal counts as a value.
func TestEveryFlagHasAScenario(t *testing.T) {
	used := map[string]bool{}
	lines := 0
	commands, tried := newRoot(&client.Env{}), map[string]bool{}
	for _, line := range scenarioLines(t) {
		named := slices.ContainsFunc(line[:min(len(line), 9)], func(word string) bool {
			return slices.ContainsFunc(commands.Commands(), func(c *cobra.Command) bool { return c.Name() == word || c.HasAlias(word) })
		})
		if key := strings.Join(line, "\x00"); !named || tried[key] {
			continue
		} else {
			tried[key] = true
		}
		if note(commands, line, used) {
			lines++
		}
	}
	if lines < 500 {
		t.Errorf("only %d command lines found in e2e: the reading is wrong", lines)
	}
	var missing []string
	want := func(what string) {
		switch _, excused := unseen[what]; {
		case !used[what] && !excused:
			missing = append(missing, what)
		case used[what] && excused:
			t.Errorf("%s has a scenario after all: take it out of unseen", what)
		}
	}
	root := newRoot(&client.Env{})
	flags := func(c *cobra.Command, path string) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && f.Name != "dry-run" {
				want(strings.TrimSpace(path + " --" + f.Name))
			}
		})
	}
	flags(root, "")
	each(root, func(c *cobra.Command) {
		path := strings.TrimPrefix(c.CommandPath(), root.Name()+" ")
		if _, refused := refusals[path]; refused || c.Parent().Hidden || len(c.Commands()) > 0 || c.Name() == "help" {
			return
		}
		want(path)
		flags(c, path)
	})
	slices.Sort(missing)
	for _, m := range missing {
		t.Errorf("no scenario in e2e uses %s", m)
	}
}

// note records what a command line uses; false if it is none.
func note(root *cobra.Command, args []string, used map[string]bool) bool {
	// One tree serves all lines: what they have changed is taken back.
	defer root.Flags().VisitAll(func(f *pflag.Flag) { f.Changed = false })
	c, rest, err := root.Traverse(args)
	if err != nil || c == root {
		return false
	}
	defer c.Flags().VisitAll(func(f *pflag.Flag) { f.Changed = false })
	if c.ParseFlags(rest) != nil {
		return false
	}
	path := strings.TrimPrefix(c.CommandPath(), root.Name()+" ")
	used[path] = true
	see := func(prefix string) func(*pflag.Flag) {
		return func(f *pflag.Flag) {
			if f.Changed {
				used[prefix+"--"+f.Name] = true
			}
		}
	}
	root.Flags().VisitAll(see(""))
	c.Flags().VisitAll(see(path + " "))
	return true
}

// value stands for an argument that is computed.
const value = "1"

// scenarioLines are all that may be command lines in e2e.
func scenarioLines(t *testing.T) (lines [][]string) {
	t.Helper()
	files, err := filepath.Glob("../../e2e/*_test.go")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			var list []ast.Expr
			switch n := n.(type) {
			case *ast.CallExpr:
				list = n.Args
				if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "foreground" {
					lines = append(lines, append([]string{"up"}, all0(list)...))
				}
			case *ast.CompositeLit:
				list = n.Elts
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					for line := range strings.Lines(text) {
						if words := strings.Fields(line); len(words) > 1 {
							lines = append(lines, words)
						}
					}
				}
			}
			lines = append(lines, arguments0(list)...)
			return true
		})
	}
	return lines
}

// all0 are the words of all expressions.
func all0(list []ast.Expr) (words []string) {
	for _, e := range list {
		words = append(words, literals(e)...)
	}
	return words
}

// arguments0 are the lists of arguments that a call or a list may hold: from each
// element that could begin one to the end.
func arguments0(list []ast.Expr) (out [][]string) {
	words := all0(list)
	for i := range min(len(words), 4) { // behind a test, an exit code, words
		if words[i] != value {
			out = append(out, words[i:])
		}
	}
	return out
}

// literals are the words of an expression: what a string holds, the elements of a list,
// what strings.Fields splits; else one value.
func literals(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return []string{text}
		}
	case *ast.CompositeLit:
		var out []string
		for _, elt := range e.Elts {
			out = append(out, literals(elt)...)
		}
		return out
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Fields" && len(e.Args) == 1 {
			var out []string
			for _, text := range literals(e.Args[0]) {
				out = append(out, strings.Fields(text)...)
			}
			return out
		}
		if f, ok := e.Fun.(*ast.Ident); ok && f.Name == "append" {
			var out []string
			for _, a := range e.Args {
				out = append(out, literals(a)...)
			}
			return out
		}
	case *ast.BinaryExpr:
		if left := literals(e.X); e.Op == token.ADD && len(left) == 1 && strings.HasPrefix(left[0], "-") {
			return []string{left[0] + value} // "--output="+path
		}
	}
	return []string{value}
}
