package loader

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/remedy"
)

// byReference finds the include or extends that names a file which cannot be read, or that leads
// back to itself.
func (l *load) byReference(out *Error) {
	text := out.Message
	for _, r := range l.references {
		reason, failed := strings.CutPrefix(text, "open "+r.path+": ")
		switch {
		case failed && remedy.Remote(r.text):
			out.Message, out.Hint = fmt.Sprintf("%s: %s is elsewhere, and nothing is fetched", r.key, r.text), "clone or download it, and name the file"
		case failed:
			out.Message, out.Hint = fmt.Sprintf("%s: cannot read %s: %s", r.key, r.text, reason), "name a file that is there; paths begin at the directory of this file"
		case r.key == "include" && strings.HasPrefix(text, "include cycle detected:") && strings.HasSuffix(text, r.path):
			out.Message, out.Hint = fmt.Sprintf("include: %s leads back to a file that includes it", r.text), "remove one of the includes"
		default:
			continue
		}
		out.File, out.Line = r.file, r.line
		return
	}
	if rest, ok := strings.CutPrefix(text, "Circular reference:"); ok {
		l.byCircle(out, strings.Fields(rest))
	}
}

// byCircle says which services extend each other: NAME in FILE extends NAME in FILE …
func (l *load) byCircle(out *Error, words []string) {
	var names []string
	for i := 0; i+2 < len(words); i += 4 {
		names = append(names, words[i])
	}
	if len(names) == 0 {
		return
	}
	out.Message, out.Hint = "services extend each other in a circle: "+strings.Join(append(names, names[0]), " -> "), "remove one of these extends"
	if len(names) > 1 && names[len(names)-1] == names[0] {
		out.Message = "services extend each other in a circle: " + strings.Join(names, " -> ")
	}
	out.File, out.Line = l.at("services", names[0], "extends")
}

// byEmptied finds the port or the mount that variables have left too little of.
func (l *load) byEmptied(out *Error) {
	key, gone := "", func(string) bool { return false }
	switch {
	case strings.HasPrefix(out.Message, "no port specified:"):
		key, gone = "ports", func(text string) bool {
			text, _, _ = strings.Cut(text, "/")
			return strings.Trim(text, ":") == ""
		}
	case strings.HasPrefix(out.Message, "invalid spec: "):
		spec, _, _ := strings.Cut(strings.TrimPrefix(out.Message, "invalid spec: "), ": ")
		key, gone = "volumes", func(text string) bool { return text == spec }
	}
	service, item, s := l.item(key, gone)
	if item == nil {
		return
	}
	out.File, out.Line, out.Hint = s.Name, item.Line, remedy.Unset
	out.Message = fmt.Sprintf("services.%s.%s: %q comes to %q", service, key, item.Value, l.scalar(item.Value))
	if !strings.Contains(item.Value, "$") {
		out.Message, out.Hint = fmt.Sprintf("services.%s.%s: %q has an empty part", service, key, item.Value), remedy.Form([]string{"services", service, key})
	}
}

// item finds an entry of a list that services have.
func (l *load) item(key string, is func(text string) bool) (service string, item *yaml.Node, in *document.File) {
	for _, s := range slices.Concat(l.files, l.reached) {
		for _, doc := range s.Docs {
			services := document.Child(doc, "services")
			if services == nil || services.Kind != yaml.MappingNode {
				continue
			}
			for i := 0; i+1 < len(services.Content); i += 2 {
				list := document.Child(services.Content[i+1], key)
				if list == nil || list.Kind != yaml.SequenceNode {
					continue
				}
				for _, n := range list.Content {
					if n = document.Target(n); n.Kind == yaml.ScalarNode && is(l.scalar(n.Value)) {
						return services.Content[i].Value, n, s
					}
				}
			}
		}
	}
	return "", nil, nil
}

// emptyImage refuses an image whose name variables have left nothing of: without one
// the service would run on this machine's files.
func (l *load) emptyImage(service, image string) error {
	at := []string{"services", service, "image"}
	n := l.node(at)
	if image != "" || n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return nil
	}
	return l.fault(remedy.Unset, fmt.Sprintf("services.%s.image: %q comes to no name", service, n.Value), at...)
}

// noted remembers a reference, for its line.
func (l *load) noted(s *document.File, key string, n *yaml.Node, path string) {
	l.references = append(l.references, noted{path: filepath.Clean(path), text: l.scalar(n.Value), file: s.Name, line: n.Line, key: key})
}

// noted is a file that another one names, and where.
type noted struct {
	path, text, file, key string
	line                  int
}
