package graph

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
)

// mermaid is a flow chart. Nodes have numbers for names, since a service may be
// called as a word of the language is, end or graph.
func (g *Graph) mermaid(o Options) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	ids, classes := map[string]string{}, map[string][]string{}
	for i := range g.Services {
		n := &g.Services[i]
		id := fmt.Sprintf("s%d", i+1)
		ids[n.Name] = id
		lines := []string{n.title()}
		if s := n.State(); s != "" {
			lines = append(lines, s)
		}
		for _, s := range n.sections(o) {
			lines = append(lines, s.name+": "+strings.Join(s.list, " "))
		}
		for j := range lines {
			lines[j] = html.EscapeString(lines[j])
		}
		fmt.Fprintf(&b, "  %s[\"%s\"]\n", id, strings.Join(lines, "<br/>"))
		if c := colours[n.worst()]; c != "" {
			classes[c] = append(classes[c], id)
		}
	}
	for i := range g.Services {
		for _, e := range g.Services[i].Needs {
			arrow := "-->"
			if !e.Required {
				arrow = "-.->"
			}
			fmt.Fprintf(&b, "  %s %s|%s| %s\n", ids[g.Services[i].Name], arrow, e.label(), ids[e.Service])
		}
	}
	for _, c := range slices.Sorted(maps.Keys(classes)) {
		fmt.Fprintf(&b, "  classDef %s fill:%s\n  class %s %s\n", c, c, strings.Join(classes[c], ","), c)
	}
	return b.String()
}
