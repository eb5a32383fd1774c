package graph

import (
	"html"
	"strings"
)

// colours are what states are filled with; without a container a node has the
// default of the drawing program.
var colours = map[string]string{
	"running": "palegreen", "healthy": "palegreen", "starting": "khaki", "created": "khaki", "paused": "lightblue", "restarting": "khaki",
	"unhealthy": "salmon", "failed": "salmon", "dead": "salmon", "exited": "lightgrey",
}

// worst is the word for a service's state that matters most, "" without a container.
func (n *Node) worst() (word string) {
	rank := []string{"running", "healthy", "paused", "exited", "created", "starting", "restarting", "dead", "failed", "unhealthy"}
	best := -1
	for _, c := range n.Containers {
		w := c.State
		switch {
		case c.State == "exited" && c.ExitCode != 0:
			w = "failed"
		case c.State == "running" && c.Health != "":
			w = c.Health
		}
		for i, r := range rank {
			if r == w && i > best {
				best, word = i, w
			}
		}
	}
	return word
}

// dot is graphviz, with the labels of docker compose's viz.
func (g *Graph) dot(o Options) string {
	var b strings.Builder
	b.WriteString("digraph " + quoted(g.Project) + " {\n")
	b.WriteString(o.Indent + "layout=dot;\n")
	for i := range g.Services {
		n := &g.Services[i]
		b.WriteString(o.Indent + quoted(n.Name) + ` [style="filled"`)
		if c := colours[n.worst()]; c != "" {
			b.WriteString(` fillcolor="` + c + `"`)
		}
		b.WriteString(` label=<<font point-size="15">` + html.EscapeString(n.title()) + "</font>")
		if s := n.State(); s != "" {
			b.WriteString(`<br/><font point-size="10">` + html.EscapeString(s) + "</font>")
		}
		for _, s := range n.sections(o) {
			b.WriteString(`<font point-size="10"><br/><br/><b>` + s.name + ":</b>")
			for _, line := range s.list {
				b.WriteString("<br/>" + html.EscapeString(line))
			}
			b.WriteString("</font>")
		}
		b.WriteString(">];\n")
	}
	b.WriteByte('\n')
	for i := range g.Services {
		for _, e := range g.Services[i].Needs {
			b.WriteString(o.Indent + quoted(g.Services[i].Name) + " -> " + quoted(e.Service))
			if l := e.label(); l != "started" {
				b.WriteString(" [label=" + quoted(l))
				if !e.Required {
					b.WriteString(` style="dashed"`)
				}
				b.WriteString("]")
			}
			b.WriteString(";\n")
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// quoted is a string of the dot language: only " and \ mean something in it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
