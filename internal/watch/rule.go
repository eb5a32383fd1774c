package watch

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/mocker-compose/mocker-compose/project"
)

// Rule is one rule of a service.
type Rule struct {
	project.Watch
	Service string
	// ContextIgnore are the patterns of the .dockerignore of the service's build, relative
	// to Context, which is absolute.
	Context       string
	ContextIgnore []string
	// Mounted reports paths in the container that nothing is copied to, since they are the
	// user's own files; nil = none.
	Mounted func(path string) bool
}

// Destination is where a path, relative to the rule's own, goes in a container.
func (r *Rule) Destination(rel string) string { return path.Join(r.Target, filepath.ToSlash(rel)) }

// copies reports that rel is to be copied, if it is to be looked at at all.
func (r *Rule) copies(rel string) bool {
	return r.Action.Syncs() && (r.Mounted == nil || !r.Mounted(r.Destination(rel)))
}

// patterns are patterns with the directory that they are relative to.
type patterns struct {
	root string // absolute
	*patternmatcher.PatternMatcher
}

// matched is what patterns said of a directory, which those below it need.
type matched struct {
	yes  bool
	info patternmatcher.MatchInfo
}

// match looks at one name below a directory that has been looked at. path is absolute.
func (p *patterns) match(path string, above matched) (matched, error) {
	if p == nil {
		return matched{}, nil
	}
	rel, ok := below(p.root, path)
	if !ok || rel == "." {
		return matched{}, nil
	}
	yes, info, err := p.MatchesUsingParentResults(rel, above.info)
	return matched{yes, info}, err
}

// below is path relative to root, if it is root or below it.
func below(root, path string) (rel string, ok bool) {
	switch {
	case path == root:
		return ".", true
	case root == "/":
		return strings.TrimPrefix(path, "/"), true
	case strings.HasPrefix(path, root) && path[len(root)] == '/':
		return path[len(root)+1:], true
	}
	return "", false
}

// filter decides what a rule is about.
type filter struct {
	include, ignore, context *patterns
}

// verdicts are those on a directory.
type verdicts struct{ include, ignore, context matched }

func newFilter(r *Rule) (f filter, err error) {
	for _, p := range []struct {
		to   **patterns
		root string
		list []string
	}{{&f.include, r.Path, r.Include}, {&f.ignore, r.Path, r.Ignore}, {&f.context, r.Context, r.ContextIgnore}} {
		if len(p.list) == 0 {
			continue
		}
		m, err := patternmatcher.New(relative(p.root, p.list))
		if err != nil {
			return f, fmt.Errorf("patterns of %s: %w", p.root, err)
		}
		*p.to = &patterns{p.root, m}
	}
	return f, nil
}

// relative makes patterns that name a path below root absolutely relative to it.
func relative(root string, list []string) []string {
	out := make([]string, len(list))
	for i, p := range list {
		bare, not := strings.CutPrefix(strings.TrimSpace(p), "!")
		if rel, ok := below(root, path.Clean(bare)); ok && rel != "." {
			bare = rel
		}
		if out[i] = bare; not {
			out[i] = "!" + bare
		}
	}
	return out
}

// look judges one path: seen if the rule is about it, enter if something below it may
// be, given that it is a directory.
func (f *filter) look(path string, above verdicts) (v verdicts, seen, enter bool, err error) {
	if ephemeral(filepath.Base(path)) {
		return v, false, false, nil
	}
	if v.ignore, err = f.ignore.match(path, above.ignore); err != nil {
		return v, false, false, err
	}
	if v.context, err = f.context.match(path, above.context); err != nil {
		return v, false, false, err
	}
	ignored := v.ignore.yes || v.context.yes
	enter = !ignored || f.excepts()
	if f.include != nil {
		if v.include, err = f.include.match(path, above.include); err != nil {
			return v, false, false, err
		}
		return v, v.include.yes && !ignored, enter, nil
	}
	return v, !ignored, enter, nil
}

// excepts: something below an ignored directory may not be ignored.
func (f *filter) excepts() bool {
	return f.ignore != nil && f.ignore.Exclusions() || f.context != nil && f.context.Exclusions()
}

// start is the verdicts on the rule's own path: whatever is above it counts for the
// patterns of the build context.
func (f *filter) start(root string) (v verdicts, err error) {
	if f.context == nil {
		return v, nil
	}
	rel, ok := below(f.context.root, root)
	if !ok || rel == "." {
		return v, nil
	}
	at := f.context.root
	for name := range strings.SplitSeq(rel, "/") {
		at = path.Join(at, name)
		if v.context, err = f.context.match(at, v.context); err != nil {
			return v, err
		}
	}
	return v, nil
}

// ephemeral reports names that nobody means to watch: git's own files, and what editors
// and compilers make for a moment beside a file.
func ephemeral(name string) bool {
	switch {
	case name == ".git" || name == ".idea" || name == "4913": // vim tries with the last whether it may write
		return true
	case strings.HasSuffix(name, "~"), strings.HasSuffix(name, "___jb_old___"), strings.HasSuffix(name, "___jb_tmp___"),
		strings.HasSuffix(name, "-go-tmp-umask"):
		return true
	case strings.HasPrefix(name, ".#"), len(name) > 1 && name[0] == '#' && name[len(name)-1] == '#': // emacs
		return true
	case len(name) > 1 && name[0] == '.':
		switch path.Ext(name[1:]) {
		case ".swp", ".swo", ".swn", ".swx", ".kate-swp":
			return true
		}
	}
	return false
}
