package treetest

import (
	"path"
	"strings"
	"testing"
)

// Every package says once what it is for.
func TestOnePackageComment(t *testing.T) {
	comments := map[string][]string{}
	packages := map[string]bool{}
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.text, "//go:build ignore") {
			continue
		}
		packages[s.dir] = true
		if s.file.Doc != nil {
			comments[s.dir] = append(comments[s.dir], s.path)
		}
	}
	for dir := range packages {
		switch got := comments[dir]; {
		case len(got) == 0:
			t.Errorf("%s has no package comment: add a doc.go that says purpose, model, invariants, limits", dir)
		case len(got) > 1:
			t.Errorf("%s has %d package comments: %s", dir, len(got), strings.Join(got, ", "))
		}
	}
}

// A package is named for what it holds.
func TestPackageNames(t *testing.T) {
	for _, s := range sources(t) {
		name := path.Base(s.dir)
		for _, vague := range []string{"util", "utils", "helpers", "common", "misc", "types"} {
			if name == vague || strings.HasSuffix(name, "util") || strings.TrimSuffix(s.file.Name.Name, "_test") == vague {
				t.Errorf("%s: a package named %q says nothing about what is in it", s.path, name)
			}
		}
	}
}
