package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// groups are the headings of the list of commands, in its order, with the commands
// below each, the most used first.
var groups = []struct{ id, title, commands string }{
	{"everyday", "Everyday:", "up down ps logs exec run stop start restart watch"},
	{"look", "Look:", "why plan config graph ls images volumes port top stats events doctor"},
	{"parts", "One by one:", "create scale rm kill pause unpause wait attach cp commit export"},
	{"images", "Images:", "build pull push image login logout builder"},
	{"shared", "Shared by projects:", "network volume system"},
	{"rest", "Else:", "completion help unshare version bridge publish"},
}

// arrange puts the commands in order and under their headings; one that no heading
// names comes last.
func arrange(commands []*cobra.Command) (ordered []*cobra.Command, headings []*cobra.Group) {
	byName := map[string]*cobra.Command{}
	for _, c := range commands {
		byName[c.Name()] = c
	}
	for _, g := range groups {
		headings = append(headings, &cobra.Group{ID: g.id, Title: g.title})
		for _, name := range strings.Fields(g.commands) {
			if c := byName[name]; c != nil {
				c.GroupID = g.id
				ordered = append(ordered, c)
				delete(byName, name)
			}
		}
	}
	for _, c := range commands {
		if byName[c.Name()] != nil {
			ordered = append(ordered, c)
		}
	}
	return ordered, headings
}
