package treetest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Decisions are quoted by their numbers: each has one of its own, and says it.
func TestDecisionsAreNumbered(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "docs/adr/*.md"))
	if err != nil || len(files) == 0 {
		t.Fatal("no decisions: the pattern is wrong", err)
	}
	for i, file := range files {
		n := i + 1
		if !strings.HasPrefix(filepath.Base(file), fmt.Sprintf("%04d-", n)) {
			t.Errorf("%s is decision %d: give every file a number of its own, without gaps", file, n)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(b), fmt.Sprintf("# %d. ", n)) {
			t.Errorf("%s does not begin with %q", file, fmt.Sprintf("# %d. ", n))
		}
	}
}

// Whoever looks for the package of a subject looks at the table first.
func TestArchitectureNamesPackages(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docs/architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(b), -1) {
		named[m[1]] = true
	}
	seen := map[string]bool{}
	for _, s := range sources(t) {
		top, _, _ := strings.Cut(s.dir, "/")
		if s.test || seen[s.dir] || top == "bench" || top == "e2e" || top == "examples" || strings.HasPrefix(s.dir, "internal/treetest") {
			continue
		}
		seen[s.dir] = true
		if !named[s.dir] && !named[filepath.Base(s.dir)] {
			t.Errorf("docs/architecture.md does not name %s", s.dir)
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d packages seen: the walk is wrong", len(seen))
	}
}

var link = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]*))?\)`)

// What a page refers to is there, headings included.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob(filepath.Join(root, "docs/adr/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages = append(append(pages, decisions...), filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md"))
	seen := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			seen++
			to := page
			if m[1] != "" {
				to = filepath.Join(filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s: %v", page, m[0], err)
			} else if m[2] != "" && !headings(t, to)[m[2]] {
				t.Errorf("%s: %s has no heading #%s", page, to, m[2])
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d links seen: the pattern is wrong", seen)
	}
}

// headings are the anchors of a page, as GitHub makes them of its headings.
func headings(t *testing.T, page string) map[string]bool {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	drop := regexp.MustCompile(`[^\pL\pN_\- ]`)
	out := map[string]bool{}
	for _, line := range strings.Split(string(b), "\n") {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			out[strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(title), ""), " ", "-")] = true
		}
	}
	return out
}
