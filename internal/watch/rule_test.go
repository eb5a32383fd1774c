package watch

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// What a rule is about.
func TestRuleIsAbout(t *testing.T) {
	files := []string{"a.go", "b.txt", "sub/c.go", "sub/deep/d.go", "node_modules/x/y", ".git/HEAD", ".idea/x", "tmp/t", "tmp/keep",
		"a.go~", ".a.go.swp", "4913", ".#a", "#a#", "x___jb_tmp___"}
	for name, c := range map[string]struct {
		include, ignore, context []string
		want                     string
	}{
		"all":               {nil, nil, nil, "a.go b.txt node_modules node_modules/x node_modules/x/y sub sub/c.go sub/deep sub/deep/d.go tmp tmp/keep tmp/t"},
		"ignore":            {nil, []string{"node_modules/", "*.txt", "tmp"}, nil, "a.go sub sub/c.go sub/deep sub/deep/d.go"},
		"ignore everywhere": {nil, []string{"**/*.go", "node_modules", "tmp"}, nil, "b.txt sub sub/deep"},
		"include":           {[]string{"*.go"}, nil, nil, "a.go"},
		"include deep":      {[]string{"**/*.go"}, []string{"sub/deep"}, nil, "a.go sub/c.go"},
		"include directory": {[]string{"sub"}, nil, nil, "sub sub/c.go sub/deep sub/deep/d.go"},
		"exception":         {nil, []string{"tmp", "!tmp/keep", "node_modules", "sub"}, nil, "a.go b.txt tmp/keep"},
		"dockerignore":      {nil, nil, []string{"src/node_modules", "**/tmp", "src/*.txt"}, "a.go sub sub/c.go sub/deep sub/deep/d.go"},
		"all but":           {nil, nil, []string{"*", "!src/sub"}, "sub sub/c.go sub/deep sub/deep/d.go"},
		"nothing is left":   {nil, nil, []string{"src"}, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			dir := t.TempDir()
			s := &stage{T: t, dir: dir}
			for _, f := range files {
				s.write("src/"+f, "x")
			}
			r := &Rule{Service: "web", Watch: project.Watch{Path: dir + "/src", Include: c.include, Ignore: c.ignore}, Context: dir, ContextIgnore: c.context}
			dirs := &counted{}
			tr, err := newTree(r, dirs)
			if err != nil {
				t.Fatal(err)
			}
			tr.compare(map[string]bool{})
			if got := strings.Join(tr.all(), " "); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if slices.ContainsFunc(dirs.entered, func(p string) bool { return strings.Contains(p, ".git") }) {
				t.Error(".git is watched")
			}
			for _, f := range files {
				// What is touched and not wanted is no change.
				changes := map[string]bool{}
				tr.touched(dir+"/src/"+f, true, changes)
				if wanted := slices.Contains(strings.Fields(c.want), f); changes[f] != wanted {
					t.Errorf("%s changed: %v, want %v", f, changes[f], wanted)
				}
			}
		})
	}
}

type counted struct{ entered []string }

func (c *counted) enter(path string) { c.entered = append(c.entered, path) }
func (c *counted) leave(string)      {}

// A directory that is ignored as a whole is not read: it may be large.
func TestIgnoredDirectoryIsNotRead(t *testing.T) {
	s := &stage{T: t, dir: t.TempDir()}
	s.write("node_modules/x/y", "x")
	dirs := &counted{}
	tr, err := newTree(&Rule{Watch: project.Watch{Path: s.dir, Ignore: []string{"node_modules/"}}}, dirs)
	if err != nil {
		t.Fatal(err)
	}
	tr.compare(map[string]bool{})
	for _, p := range dirs.entered {
		if strings.Contains(p, "node_modules") {
			t.Errorf("%s is watched", p)
		}
	}
	if tr.concerns(s.dir + "/node_modules/z") {
		t.Error("a change in an ignored directory holds others up")
	}
}

// Where a copy of each path goes.
func TestDestination(t *testing.T) {
	r := &Rule{Watch: project.Watch{Target: "/app/", Action: project.WatchSync}, Mounted: func(p string) bool { return p == "/app/mine" }}
	if got := r.Destination("a/b"); got != "/app/a/b" {
		t.Error(got)
	}
	if r.copies("mine") || !r.copies("other") {
		t.Error("what is mounted is copied, or something else is not")
	}
}

// FuzzTree: whatever is done to a directory in whatever order, what the tree says has
// changed is what makes a copy of it the same again, as the events or as a comparison
// would find it.
func FuzzTree(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13})
	f.Add([]byte{2, 10, 18, 3, 11, 26, 34, 4, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64 {
			return
		}
		s := &stage{T: t, dir: t.TempDir()}
		tr, err := newTree(&Rule{Watch: project.Watch{Path: s.dir}}, &counted{})
		if err != nil {
			t.Fatal(err)
		}
		tr.compare(map[string]bool{})
		names := []string{"a", "b", "a/x", "b/x", "a/x/y", "b/c", "c", "c/d"}
		copied := map[string]bool{}
		look := func(find func(changes map[string]bool)) {
			changes := map[string]bool{}
			find(changes)
			for rel := range changes {
				if _, err := lstat(s.path(rel)); err == nil {
					copied[rel] = true
				} else {
					delete(copied, rel)
				}
			}
		}
		events := func(changes map[string]bool) {
			for _, n := range names {
				tr.touched(s.path(n), true, changes)
			}
		}
		for step, op := range data {
			path, other := s.path(names[int(op>>3)%len(names)]), s.path(names[int(op>>1)%len(names)])
			switch op % 5 { // each may fail, which is fine
			case 0:
				_ = os.WriteFile(path, []byte{op, byte(step)}, 0o644)
			case 1:
				_ = os.MkdirAll(path, 0o755)
			case 2:
				_ = os.RemoveAll(path)
			case 3:
				_ = os.Rename(path, other)
			case 4:
				_ = os.Symlink("nowhere", path)
			}
			switch step % 3 { // several changes at once
			case 1:
				look(events)
			case 2:
				look(tr.compare)
			}
		}
		look(tr.compare)
		var want []string
		_ = filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
			if rel, _ := filepath.Rel(s.dir, path); err == nil && rel != "." {
				want = append(want, rel)
			}
			return nil
		})
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(copied)); !slices.Equal(got, want) || !slices.Equal(tr.all(), want) {
			t.Errorf("copied %q, seen %q, there are %q", got, tr.all(), want)
		}
	})
}
