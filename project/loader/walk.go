package loader

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/extension"
	"github.com/mocker-compose/mocker-compose/project/loader/remedy"
	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// walker compares the keys of parsed files with the support table.
type walker struct {
	file    *document.File
	value   func(string) string // interpolates a scalar, "" when it cannot
	notices []project.Notice
	resets  []string // paths that a later file takes back
	faults  *document.Faults
	// warnings are of what is accepted and does nothing.
	warnings []string
}

// walk looks at one document.
func (w *walker) walk(s *document.File, root *yaml.Node) {
	w.file = s
	w.mapping(root, "", "")
}

// mapping visits the keys of a mapping. path is the key's path in the file,
// row the one in the table.
func (w *walker) mapping(n *yaml.Node, path, row string) {
	n = document.Target(n)
	if n.Kind == yaml.SequenceNode {
		// Items have no component in the table: lists of mappings (ports,
		// volumes) are known by the list's own key.
		for i, c := range n.Content {
			w.mapping(c, fmt.Sprintf("%s.%d", path, i), row)
		}
		return
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" || key.Value == "<<" {
			w.merged(value, path, row)
		} else {
			w.faults.Add(w.key(key, value, path, row))
		}
	}
}

// merged visits the mappings that << merges in.
func (w *walker) merged(value *yaml.Node, path, row string) {
	value = document.Target(value)
	if value.Kind != yaml.SequenceNode {
		w.mapping(value, path, row)
		return
	}
	for _, c := range value.Content {
		w.mapping(c, path, row)
	}
}

func (w *walker) key(key, value *yaml.Node, path, row string) error {
	name := key.Value
	here := join(path, name)
	if value.Tag == "!reset" {
		w.resets = append(w.resets, here)
		return nil
	}
	if value.Tag == "!override" {
		w.resets = append(w.resets, here)
	}
	child, support, ok := project.Child(row, name)
	if name == extension.Name {
		return extension.Node(key, value, row, here, w.fault)
	}
	if strings.HasPrefix(name, "x-") && (!ok || !strings.HasSuffix(child, "*")) {
		return nil
	}
	if !ok {
		if row != "" && !hasKeys(row) {
			return nil // a free mapping or a wrong type: the schema says which
		}
		return w.fault(key.Line, unknown(row, name, value), here+": unknown key")
	}
	value = document.Target(value)
	if at := strings.Split(child, "."); value.Kind == yaml.MappingNode && remedy.IsList(at) {
		return w.fault(key.Line, remedy.Form(at), here+": a mapping is not possible here")
	}
	scalar := ""
	if value.Kind == yaml.ScalarNode && value.Tag != "!!null" {
		scalar = w.value(value.Value)
	}
	if fate := support.FateOf(name, scalar); fate != project.Honoured && value.Tag != "!!null" {
		w.notices = append(w.notices, project.Notice{Fate: fate, Key: here, Reason: support.Reason,
			Source: project.Position{File: w.file.Path, Line: key.Line}})
		return nil
	}
	if value.Kind == yaml.SequenceNode {
		w.habits(value, child, here)
	}
	w.mapping(value, here, child)
	return nil
}

// unknown is what may have been meant by a key that the table does not know.
func unknown(row, name string, value *yaml.Node) string {
	value = document.Target(value)
	short := row == "services.*.ports" || row == "services.*.volumes"
	switch {
	case short && value.Kind == yaml.ScalarNode && !slices.Contains(project.Children(row), strings.ToLower(name)) && suggest.Near(name, project.Children(row)) == "":
		return fmt.Sprintf("write it in quotes and without the space: %q", name+":"+value.Value)
	case row == "" && (name == "apiVersion" || name == "kind"):
		return "this is a file for Kubernetes; a compose file begins with services:"
	case row == "" && likeService(value) && suggest.Near(name, project.Children(row)) == "":
		return "if it is a service, write it below services:, with two more spaces before each line"
	}
	return cmp.Or(extension.Place(row, name), suggest.Key(name, project.Children(row)))
}

// likeService reports a mapping that has what services have.
func likeService(n *yaml.Node) bool {
	for _, key := range []string{"image", "build", "command", "ports"} {
		if n.Kind == yaml.MappingNode && document.Child(n, key) != nil {
			return true
		}
	}
	return false
}

func (w *walker) fault(line int, remedy, message string) error {
	return &Error{File: w.file.Name, Line: line, Message: message, Hint: remedy}
}

// hasKeys reports that the table knows keys below row.
func hasKeys(row string) bool {
	_, _, wild := project.Child(row, "*")
	return wild || len(project.Children(row)) > 0
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
