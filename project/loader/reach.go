package loader

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// maxReached bounds the files that include and extends lead to.
const maxReached = 512

// reach reads the files that the named ones include or extend, so that they
// pass the same bounds and the same look at their keys. A path that leads to
// no file is left to the load proper, which says so.
func (l *load) reach() error {
	seen := map[string]bool{}
	for _, s := range l.files {
		seen[s.Path] = true
	}
	type todo struct {
		s   *document.File
		dir string
	}
	var queue []todo
	for _, s := range l.files {
		queue = append(queue, todo{s, l.where.Dir})
	}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		for _, ref := range l.named(next.s, next.dir) {
			if _, err := os.Stat(ref.path); err != nil || seen[ref.path] {
				continue
			}
			seen[ref.path] = true
			if len(seen) > maxReached {
				return &Error{File: next.s.Name, Message: "too many files are included", Hint: "512 are allowed; merge some of them"}
			}
			if f, err := document.Open(ref.path); errors.Is(err, document.ErrIrregular) {
				// The library reads it too.
				return &Error{File: next.s.Name, Message: fmt.Sprintf("cannot read %s: %v", ref.path, err),
					Hint: "only what is named with -f may be a pipe: copy it into a file, or name it with -f"}
			} else if err == nil {
				f.Close()
			}
			s, err := document.Read(ref.path, l.where.Cwd, nil)
			if err != nil {
				return err
			}
			l.reached = append(l.reached, s)
			queue = append(queue, todo{s, ref.dir})
		}
	}
	return nil
}

// reference is a file that another one names, and the directory that its own
// paths begin at.
type reference struct{ path, dir string }

func (l *load) named(s *document.File, dir string) (refs []reference) {
	abs := func(n *yaml.Node, base string) string {
		p := l.scalar(n.Value)
		if filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(base, p)
	}
	for _, doc := range s.Docs {
		if services := document.Child(doc, "services"); services != nil && services.Kind == yaml.MappingNode {
			for i := 1; i < len(services.Content); i += 2 {
				if ext := document.Child(services.Content[i], "extends"); ext != nil {
					if f := document.Child(ext, "file"); f != nil {
						refs = append(refs, reference{abs(f, dir), filepath.Dir(abs(f, dir))})
						l.noted(s, "services."+services.Content[i-1].Value+".extends", f, abs(f, dir))
					}
				}
			}
		}
		include := document.Child(doc, "include")
		if include == nil || include.Kind != yaml.SequenceNode {
			continue
		}
		for _, item := range include.Content {
			refs = append(refs, includes(document.Target(item), dir, func(n *yaml.Node, base string) string {
				l.noted(s, "include", n, abs(n, base))
				return abs(n, base)
			})...)
		}
	}
	return refs
}

// includes are the files of one entry of include: a path, or a mapping with a
// path or a list of them, of which the first gives the directory.
func includes(item *yaml.Node, dir string, abs func(*yaml.Node, string) string) (refs []reference) {
	if item.Kind == yaml.ScalarNode {
		return []reference{{abs(item, dir), filepath.Dir(abs(item, dir))}}
	}
	paths := document.Child(item, "path")
	if paths == nil {
		return nil
	}
	list := []*yaml.Node{paths}
	if paths.Kind == yaml.SequenceNode {
		list = paths.Content
	}
	if len(list) == 0 {
		return nil
	}
	base := filepath.Dir(abs(document.Target(list[0]), dir))
	if pd := document.Child(item, "project_directory"); pd != nil {
		base = abs(pd, dir)
	}
	for _, p := range list {
		refs = append(refs, reference{abs(document.Target(p), dir), base})
	}
	return refs
}
