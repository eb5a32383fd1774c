package loader

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/extension"
)

// ownTogether says where the file gives different owners to services that have a named
// volume in common. All else is found out with the images, by package ownfiles: whether it
// matters depends on who a service is.
func (l *load) ownTogether(p *project.Project) {
	for i := range p.Services {
		s := &p.Services[i]
		if s.OwnFiles == "" || s.OwnFiles == project.OwnFilesOff {
			continue
		}
		for j := range p.Services {
			o := &p.Services[j]
			if o.OwnFiles == "" || o.OwnFiles == s.OwnFiles || o.OwnFiles != project.OwnFilesOff && j < i {
				continue // of two users the first says it
			}
			mine := s.Places()
			at := slices.IndexFunc(mine, func(m project.Place) bool {
				return m.Volume != "" && slices.ContainsFunc(o.Places(), m.Common)
			})
			if at < 0 {
				continue
			}
			l.notices = append(l.notices, project.Notice{
				Fate: project.Degraded, Key: "services." + s.Name + "." + extension.Name + ".own_files",
				Reason: fmt.Sprintf("%s is shared with %s, whose own_files is %s: they see different owners in it; write the same for both", mine[at], o.Name, o.OwnFiles),
				Source: l.position("services", s.Name, extension.Name, "own_files"),
			})
		}
	}
}
