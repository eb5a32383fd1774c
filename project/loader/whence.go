package loader

import (
	"fmt"
	"path/filepath"
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

// byEmptyPort finds the port that variables have left nothing of.
func (l *load) byEmptyPort(out *Error) {
	if !strings.HasPrefix(out.Message, "no port specified:") {
		return
	}
	for _, s := range l.files {
		for _, doc := range s.Docs {
			services := document.Child(doc, "services")
			if services == nil || services.Kind != yaml.MappingNode {
				continue
			}
			for i := 0; i+1 < len(services.Content); i += 2 {
				ports := document.Child(services.Content[i+1], "ports")
				if ports == nil || ports.Kind != yaml.SequenceNode {
					continue
				}
				for _, item := range ports.Content {
					if n := document.Target(item); n.Kind == yaml.ScalarNode && strings.Trim(l.scalar(n.Value), ":") == "" {
						out.File, out.Line, out.Hint = s.Name, item.Line, remedy.Unset
						out.Message = fmt.Sprintf("services.%s.ports: %q comes to no port", services.Content[i].Value, n.Value)
						return
					}
				}
			}
		}
	}
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
