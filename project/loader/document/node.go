package document

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Descend follows path as far as it goes: the number of parts found and the
// line of the last.
func Descend(n *yaml.Node, path []string) (depth, line int) {
	for _, part := range path {
		key, value := Pair(n, part)
		if value == nil {
			break
		}
		depth, line, n = depth+1, key.Line, value
	}
	return depth, line
}

// Pair finds the entry of a mapping, also through <<, or the item of a list.
func Pair(n *yaml.Node, name string) (key, value *yaml.Node) {
	n = Target(n)
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
			if k, v := Pair(n.Content[i+1], name); v != nil {
				return k, v
			}
		}
	}
	return nil, nil
}

// Child is the value of an entry or the item of a list, past aliases; nil if there is none.
func Child(n *yaml.Node, name string) *yaml.Node {
	if _, v := Pair(n, name); v != nil {
		return Target(v)
	}
	return nil
}

// Target follows an alias.
func Target(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}
