package loader

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/tree"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// maxExpanded bounds what the variables of all values come to, in bytes: a long one may be
// named often.
const maxExpanded = 32 << 20

// substitute spares text without variables the regular expression.
func (l *load) substitute(text string, lookup template.Mapping) (string, error) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	out, err := template.Substitute(text, func(name string) (string, bool) {
		v, ok := lookup(name)
		if l.expanded += len(v); l.expanded > maxExpanded {
			v = ""
		}
		return v, ok
	})
	if l.expanded > maxExpanded {
		return "", fmt.Errorf("the values of variables are longer than %d MiB together", maxExpanded>>20)
	}
	return out, err
}

// casts leaves out the conversions (of "true" to a boolean and the like) for
// keys that no file has. compose-go tries each of its hundred on each string:
// half the time of a large load. With include or extends, files may be read
// that were not seen here, so all are kept.
func (l *load) casts(all map[tree.Path]interpolation.Cast) map[tree.Path]interpolation.Cast {
	keys := map[string]bool{}
	for _, s := range l.files {
		for _, doc := range s.Docs {
			collectKeys(doc, keys, map[*yaml.Node]bool{})
		}
	}
	if keys["include"] || keys["extends"] {
		return all
	}
	kept := map[tree.Path]interpolation.Cast{}
	for pattern, cast := range all {
		if hasAll(keys, pattern.Parts()) {
			kept[pattern] = cast
		}
	}
	return kept
}

// collectKeys gathers the names of all keys, each node once.
func collectKeys(n *yaml.Node, keys map[string]bool, seen map[*yaml.Node]bool) {
	if n = document.Target(n); len(n.Content) == 0 || seen[n] {
		return
	}
	if n.Anchor != "" { // only these can be met again
		seen[n] = true
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			keys[c.Value] = true
			continue
		}
		collectKeys(c, keys, seen)
	}
}

func hasAll(keys map[string]bool, pattern []string) bool {
	for _, part := range pattern {
		if part != tree.PathMatchAll && part != tree.PathMatchList && !keys[part] {
			return false
		}
	}
	return true
}
