package volumes

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// Change is a volume that exists with other options than a file has. It can be had with
// those only by making it anew, without what is in it.
type Change struct {
	Name, Key string
	Changes   []string // a line each
	// Taken says who else has it: then it stays, whatever the user wants.
	Taken string
}

// Changed are those of the project's own volumes that the named services have.
func (s *Store) Changed(p *project.Project, services []string) (list []Change, err error) {
	used := map[string]bool{}
	for _, name := range services {
		if svc, ok := p.Service(name); ok {
			for _, m := range svc.Mounts {
				used[m.Source] = used[m.Source] || m.Type == project.MountVolume
			}
		}
	}
	var users map[string][]User
	for _, v := range p.Volumes {
		if v.External || !used[v.Key] {
			continue
		}
		have, err := s.Get(v.Name)
		if err != nil || have.Unrecorded || have.Project != p.Name || maps.Equal(have.Options, v.Options) {
			continue
		}
		if users == nil {
			if users, err = s.Users(); err != nil {
				return nil, err
			}
		}
		c := Change{Name: v.Name, Key: v.Key, Changes: optionChanges(have.Options, v.Options)}
		for _, u := range users[v.Name] {
			if u.Project != p.Name {
				c.Taken = u.Container + " of project " + u.Project
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// optionChanges says how driver_opts differ, a line each.
func optionChanges(was, is map[string]string) (lines []string) {
	both := maps.Clone(was)
	if both == nil {
		both = map[string]string{}
	}
	maps.Copy(both, is)
	word := func(m map[string]string, k string) string {
		if v, ok := m[k]; ok {
			return v
		}
		return "(none)"
	}
	for _, k := range slices.Sorted(maps.Keys(both)) {
		if word(was, k) != word(is, k) {
			lines = append(lines, fmt.Sprintf("driver_opts.%s: %s -> %s", k, word(was, k), word(is, k)))
		}
	}
	return lines
}
