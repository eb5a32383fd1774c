package graph

import (
	"strings"
)

// ascii draws a tree for each service that no other depends on: below each service
// what it waits for. A service that has been drawn is named again, its tree is not.
func (g *Graph) ascii(o Options) string {
	t := &tree{g: g, o: o, drawn: map[string]bool{}}
	needed := map[string]bool{}
	for i := range g.Services {
		for _, e := range g.Services[i].Needs {
			needed[e.Service] = true
		}
	}
	t.b.WriteString(g.Project + "\n")
	for i := range g.Services {
		if n := &g.Services[i]; !needed[n.Name] {
			t.draw(n, "", "", "")
		}
	}
	return t.b.String()
}

// tree is a drawing under way.
type tree struct {
	g     *Graph
	o     Options
	b     strings.Builder
	drawn map[string]bool
}

// draw writes a service: lead stands before its name, below before what is below it,
// label says what its dependent waits for.
func (t *tree) draw(n *Node, lead, below, label string) {
	t.b.WriteString(lead + n.title())
	if label != "" {
		t.b.WriteString(" [" + label + "]")
	}
	again := t.drawn[n.Name]
	if state := n.State(); state != "" && !again {
		t.b.WriteString("  " + state)
	}
	if again {
		if len(n.Needs) > 0 {
			t.b.WriteString("  ...")
		}
		t.b.WriteString("\n")
		return
	}
	t.b.WriteString("\n")
	t.drawn[n.Name] = true
	bar := below + "    "
	if len(n.Needs) > 0 {
		bar = below + "|   "
	}
	for _, s := range n.sections(t.o) {
		t.b.WriteString(bar + strings.ToLower(s.name) + ": " + strings.Join(s.list, " ") + "\n")
	}
	for i := range n.Needs {
		e := &n.Needs[i]
		next := below + "|  "
		if i == len(n.Needs)-1 {
			next = below + "   "
		}
		for j := range t.g.Services {
			if t.g.Services[j].Name == e.Service {
				t.draw(&t.g.Services[j], below+"+- ", next, e.label())
			}
		}
	}
}
