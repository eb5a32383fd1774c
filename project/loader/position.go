package loader

import (
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// at finds where a key stands: in the last file that has it, since that one
// decides. A path that no file has is looked for without its last parts.
func (l *load) at(path ...string) (file string, line int) {
	s, n := l.find(path)
	if s == nil {
		return "", 0
	}
	return s.Name, n
}

// position is the same with the absolute path, for the model.
func (l *load) position(path ...string) project.Position {
	s, n := l.find(path)
	if s == nil {
		return project.Position{}
	}
	return project.Position{File: s.Path, Line: n}
}

// find prefers the file with the longest part of the path. What a service has from one
// that it extends stands there.
func (l *load) find(path []string) (best *document.File, line int) {
	best, line, _ = l.search(path, maxExtends)
	return best, line
}

func (l *load) search(path []string, chain int) (best *document.File, line, depth int) {
	for _, s := range slices.Concat(l.reached, l.files) {
		for _, doc := range s.Docs {
			if d, n := document.Descend(doc, path); d > 0 && d >= depth {
				best, depth, line = s, d, n
			}
		}
	}
	if depth == len(path) || chain == 0 || len(path) < 3 || path[0] != "services" {
		return best, line, depth
	}
	for _, base := range l.extends[path[1]] {
		if s, n, d := l.search(slices.Concat(path[:1], []string{base}, path[2:]), chain-1); d > depth {
			best, line, depth = s, n, d
		}
	}
	return best, line, depth
}

// fault makes an Error at the key.
func (l *load) fault(hint, message string, path ...string) *Error {
	file, line := l.at(path...)
	return &Error{File: file, Line: line, Message: message, Hint: hint}
}

// node is the value at a path in the last file that has it.
func (l *load) node(path []string) (found *yaml.Node) {
	for _, s := range slices.Concat(l.reached, l.files) {
		for _, doc := range s.Docs {
			n := doc
			for _, part := range path {
				if n = document.Child(n, part); n == nil {
					break
				}
			}
			if n != nil {
				found = n
			}
		}
	}
	return found
}

// has reports that a file has the key.
func (l *load) has(path ...string) bool {
	for _, s := range slices.Concat(l.reached, l.files) {
		for _, doc := range s.Docs {
			if depth, _ := document.Descend(doc, path); depth == len(path) {
				return true
			}
		}
	}
	return false
}

// items are the places of the items of a list that is put together of those of several
// files, in their order. What is inherited by extends comes first, and has no place.
func (l *load) items(count int, path []string) []project.Position {
	var list []project.Position
	for _, s := range slices.Concat(l.reached, l.files) {
		for _, doc := range s.Docs {
			n := doc
			for _, part := range path {
				if n = document.Child(n, part); n == nil {
					break
				}
			}
			if n == nil || n.Kind != yaml.SequenceNode {
				continue
			}
			if n.Tag == "!override" {
				list = nil
			}
			for _, item := range n.Content {
				list = append(list, project.Position{File: s.Path, Line: item.Line})
			}
		}
	}
	if len(list) > count {
		return nil
	}
	return append(make([]project.Position, count-len(list)), list...)
}
