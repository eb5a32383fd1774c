package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
)

// changes are the differences between what a container was made of and what the file
// says, as far as the container needs anything for them: limits and networks have
// operations of their own, and what nobody in a container reads is none.
func (m *maker) changes(s *project.Service, c Container, hash string) (list []diff.Change) {
	switch {
	case c.Made != nil:
		list = append(differences(c, s), otherVolumes(m.p, s, c)...)
	case c.Hash != hash:
		list = []diff.Change{{Text: "configuration changed", Need: diff.Recreate}}
	}
	if id := m.o.Images[s.Name]; c.Image != id && diff.Highest(list) != diff.Recreate {
		list = append(list, diff.Change{Key: "image", Text: fmt.Sprintf("another one by that name (%s -> %s)", short(c.Image), short(id)), Need: diff.Recreate, Field: "Image"})
	}
	return list
}

// Same reports that a container is what the file says, but for its limits and networks.
func Same(p *project.Project, c Container, s *project.Service) bool {
	return c.Made != nil && len(differences(c, s)) == 0 && len(otherVolumes(p, s, c)) == 0
}

// differences are those of all fields that need something.
func differences(c Container, s *project.Service) []diff.Change {
	want := s
	if c.Wanted != nil {
		want = c.Wanted
	}
	list := diff.Without(diff.Compare(c.Made, want), "Endpoints", "Resources")
	return slices.DeleteFunc(list, func(d diff.Change) bool { return d.Need == diff.Nothing })
}

// otherVolumes are volumes of the same key that have another name now: another one.
func otherVolumes(p *project.Project, s *project.Service, c Container) (list []diff.Change) {
	for _, mount := range s.Mounts {
		was, known := c.Volumes[mount.Source]
		if is := p.VolumeName(mount.Source); mount.Type == project.MountVolume && known && was != is {
			list = append(list, diff.Change{Key: "volumes." + mount.Source + ".name", Text: was + " -> " + is, Need: diff.Recreate, Field: "Mounts"})
		}
	}
	return list
}

// short is an image's id as people know it.
func short(id string) string {
	if id == "" {
		return "(none)"
	}
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}

// mentioned is how many differences a cause names.
const mentioned = 3

// inWords is a list of differences in one line.
func inWords(list []diff.Change) string {
	var lines []string
	for _, c := range list[:min(len(list), mentioned)] {
		lines = append(lines, c.String())
	}
	if more := len(list) - mentioned; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "; ")
}

// amend plans that the record of a container that stays takes over what changed. One
// that is stopped for a restart is changed when it is down.
func (m *maker) amend(v verdict, after []ID) []ID {
	if !v.amend {
		return nil
	}
	op := on(Amend, v.c, inWords(v.changes))
	op.Changes = v.changes
	return []ID{m.b.add(op, slices.Clone(after)...)}
}
