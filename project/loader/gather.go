package loader

import (
	"context"
	"slices"
	"strings"

	composeloader "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/remedy"
)

// maxAgain bounds how often files are loaded once more to find what else is wrong with them.
const maxAgain = 20

// gather finds what is wrong beside the first fault, at which the library ends: it takes out
// the key of a fault, and loads what is left again. What has tags can only be loaded from
// its text, and is told by its first fault alone.
func (l *load) gather(ctx context.Context, first error) error {
	var faults document.Faults
	var out [][]string
	for err := first; err != nil && len(out) < maxAgain; {
		fault := l.explain(err)
		key := l.keyOf(err, fault)
		// What a key lacks may be what was taken out of it.
		follows := slices.ContainsFunc(out, func(o []string) bool { return len(key) <= len(o) && slices.Equal(key, o[:len(key)]) })
		if !follows && !faults.Add(fault) {
			break
		}
		if len(key) == 0 || len(key) == 1 && key[0] == "services" || slices.ContainsFunc(out, func(o []string) bool { return slices.Equal(o, key) }) {
			break
		}
		out = append(out, key)
		var loaded bool
		if loaded, err = l.loadWithout(ctx, out); !loaded {
			break
		}
	}
	return faults.Err()
}

// loadWithout loads the files without some keys, for the fault of what is left; loaded is
// false where that cannot be done.
func (l *load) loadWithout(ctx context.Context, keys [][]string) (loaded bool, fault error) {
	details := types.ConfigDetails{WorkingDir: l.where.Dir, Environment: l.env}
	for _, s := range l.files {
		c := config(s)
		if c.Config == nil {
			return false, nil
		}
		for _, key := range keys {
			takeOut(c.Config, key)
		}
		details.ConfigFiles = append(details.ConfigFiles, c)
	}
	_, err := composeloader.LoadWithContext(ctx, details, l.composeOptions)
	return true, err
}

// takeOut deletes the key, or the list that it is an item of: the numbers of the others
// must stay what they are.
func takeOut(in map[string]any, key []string) {
	for i, part := range key {
		next, isMap := in[part].(map[string]any)
		if !isMap || i == len(key)-1 {
			delete(in, part)
			return
		}
		in = next
	}
}

// keyOf is the key that a fault is about: the one that its text names, else the one of the
// section's entry in its line; nil if there is none.
func (l *load) keyOf(err error, fault error) []string {
	message, _ := remedy.Reword(l.cleanMessage(err.Error()))
	if p := keyPath.FindString(message); p != "" {
		return strings.FieldsFunc(p, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	}
	e, ours := fault.(*Error)
	if !ours || e.Line == 0 {
		return nil
	}
	for _, s := range l.files {
		if s.Name == e.File && len(s.Docs) == 1 {
			return keyAtLine(s.Docs[0], e.Line, 3)
		}
	}
	return nil
}

// keyAtLine is the path of what stands in a line, at most depth keys long.
func keyAtLine(n *yaml.Node, line, depth int) (path []string) {
	for ; depth > 0 && n.Kind == yaml.MappingNode; depth-- {
		at := -1
		for i := 0; i+1 < len(n.Content) && n.Content[i].Line <= line; i += 2 {
			at = i
		}
		if at < 0 {
			break
		}
		path = append(path, n.Content[at].Value)
		n = n.Content[at+1]
	}
	return path
}
