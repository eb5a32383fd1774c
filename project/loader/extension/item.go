package extension

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// item is a value to be checked, of a file or of the model.
type item struct {
	name   string
	line   int // 0 = unknown
	shape  shape
	text   string // scalar; "" also for null
	unsure bool   // scalar: has a variable
	items  []item // mapping; a list has none
}

type shape uint8

const (
	isNull shape = iota
	isScalar
	isMapping
	isList
)

// ofNode reads a node. What is reset is left out, what is merged in comes along.
func ofNode(name string, line int, n *yaml.Node) item {
	n = document.Target(n)
	it := item{name: name, line: line}
	switch {
	case n.Kind == yaml.SequenceNode:
		it.shape = isList
	case n.Kind == yaml.MappingNode:
		it.shape = isMapping
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			switch {
			case value.Tag == "!reset":
			case key.Value == "<<":
				it.items = append(it.items, merged(value)...)
			default:
				it.items = append(it.items, ofNode(key.Value, key.Line, value))
			}
		}
	case n.Tag != "!!null":
		it.shape, it.text, it.unsure = isScalar, n.Value, strings.Contains(n.Value, "$")
	}
	return it
}

func merged(n *yaml.Node) (list []item) {
	n = document.Target(n)
	if n.Kind != yaml.SequenceNode {
		return ofNode("", 0, n).items
	}
	for _, c := range n.Content {
		list = append(list, ofNode("", 0, c).items...)
	}
	return list
}

// ofValue reads a value of the model.
func ofValue(name string, v any) item {
	it := item{name: name}
	switch v := v.(type) {
	case nil:
	case map[string]any:
		it.shape = isMapping
		for _, k := range slices.Sorted(maps.Keys(v)) {
			it.items = append(it.items, ofValue(k, v[k]))
		}
	case []any:
		it.shape = isList
	default:
		it.shape, it.text = isScalar, text(v)
	}
	return it
}

// text is a scalar as the file has it.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}
