package loader

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
)

// at finds where a key stands: in the last file that has it, since that one
// decides. A path that no file has is looked for without its last parts.
func (l *load) at(path ...string) (file string, line int) {
	s, n := l.find(path)
	if s == nil {
		return "", 0
	}
	return s.name, n
}

// position is the same with the absolute path, for the model.
func (l *load) position(path ...string) project.Position {
	s, n := l.find(path)
	if s == nil {
		return project.Position{}
	}
	return project.Position{File: s.path, Line: n}
}

// find prefers the file with the longest part of the path.
func (l *load) find(path []string) (best *source, line int) {
	depth := 0
	for _, s := range slices.Concat(l.reached, l.files) {
		for _, doc := range s.docs {
			if d, n := descend(doc, path); d > 0 && d >= depth {
				best, depth, line = s, d, n
			}
		}
	}
	return best, line
}

// descend follows path as far as it goes: the number of parts found and the
// line of the last.
func descend(n *yaml.Node, path []string) (depth, line int) {
	for _, part := range path {
		key, value := childPair(n, part)
		if value == nil {
			break
		}
		depth, line, n = depth+1, key.Line, value
	}
	return depth, line
}

// childPair finds the entry of a mapping, also through <<, or the item of a list.
func childPair(n *yaml.Node, name string) (key, value *yaml.Node) {
	n = target(n)
	if n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
		for _, c := range n.Content {
			if c.Kind == yaml.ScalarNode && (c.Value == name || strings.HasPrefix(c.Value, name+"=")) {
				return c, c
			}
		}
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "<<" {
			if k, v := childPair(n.Content[i+1], name); v != nil {
				return k, v
			}
		}
	}
	return nil, nil
}

func childNode(n *yaml.Node, name string) *yaml.Node {
	if _, v := childPair(n, name); v != nil {
		return target(v)
	}
	return nil
}

// fault makes an Error at the key.
func (l *load) fault(hint, message string, path ...string) *Error {
	file, line := l.at(path...)
	return &Error{File: file, Line: line, Message: message, Hint: hint}
}

// node is the value at a path in the last file that has it.
func (l *load) node(path []string) (found *yaml.Node) {
	for _, s := range slices.Concat(l.reached, l.files) {
		for _, doc := range s.docs {
			n := doc
			for _, part := range path {
				if n = childNode(n, part); n == nil {
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
