package treetest

import (
	"go/ast"
	"slices"
	"testing"
)

// Limits in lines. What is above "should" is listed, what is above "must" fails.
const (
	fileShould, fileMust         = 400, 500
	functionShould, functionMust = 60, 80
	packageShould, packageMust   = 2500, 5000
	medianMust                   = 150
)

func TestFileSizes(t *testing.T) {
	var lines []int
	for _, s := range sources(t) {
		if s.generated {
			continue
		}
		if !s.test {
			lines = append(lines, s.lines)
		}
		switch {
		case s.lines > fileMust:
			t.Errorf("%s has %d lines, more than %d: it holds more than one subject", s.path, s.lines, fileMust)
		case s.lines > fileShould:
			t.Logf("%s has %d lines: consider a cut", s.path, s.lines)
		}
	}
	slices.Sort(lines)
	if m := lines[len(lines)/2]; m > medianMust {
		t.Errorf("the median file has %d lines, more than %d", m, medianMust)
	}
}

func TestFunctionSizes(t *testing.T) {
	for _, s := range sources(t) {
		if s.generated || s.test {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
			switch {
			case n > functionMust:
				t.Errorf("%s: %s has %d lines, more than %d", s.path, f.Name.Name, n, functionMust)
			case n > functionShould:
				t.Logf("%s: %s has %d lines: consider a cut", s.path, f.Name.Name, n)
			}
		}
	}
}

func TestPackageSizes(t *testing.T) {
	size := map[string]int{}
	for _, s := range sources(t) {
		if !s.test && !s.generated {
			size[s.dir] += s.lines
		}
	}
	for dir, n := range size {
		switch {
		case n > packageMust:
			t.Errorf("%s has %d lines, more than %d: it wants to be two packages", dir, n, packageMust)
		case n > packageShould:
			t.Logf("%s has %d lines: consider a cut", dir, n)
		}
	}
}
