package graph

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Options say what is shown beside names, conditions and states; json has it all.
type Options struct {
	Networks, Ports, Images, Volumes bool
	Indent                           string // of dot
}

// Formats are the names that Print knows.
var Formats = []string{"ascii", "dot", "mermaid", "json"}

// Print writes the graph in one of the formats.
func (g *Graph) Print(w io.Writer, format string, o Options) error {
	var text string
	switch format {
	case "ascii", "":
		text = g.ascii(o)
	case "dot":
		text = g.dot(o)
	case "mermaid":
		text = g.mermaid(o)
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(g)
	default:
		return fmt.Errorf("format value %q could not be parsed: use %s", format, strings.Join(Formats, ", "))
	}
	_, err := io.WriteString(w, text)
	return err
}

// section is a list below a service's name.
type section struct {
	name string
	list []string
}

// sections are what o wants of a service; empty lists are left out.
func (n *Node) sections(o Options) (out []section) {
	for _, s := range []struct {
		on bool
		section
	}{
		{o.Images && n.Image != "", section{"Image", []string{n.Image}}},
		{o.Networks, section{"Networks", n.Networks}},
		{o.Ports, section{"Ports", n.Ports}},
		{o.Volumes, section{"Volumes", n.Volumes}},
	} {
		if s.on && len(s.list) > 0 {
			out = append(out, s.section)
		}
	}
	return out
}

// title is a service's name, with its replicas if they are not one.
func (n *Node) title() string {
	if n.Replicas != 1 {
		return fmt.Sprintf("%s x%d", n.Name, n.Replicas)
	}
	return n.Name
}
