package plan

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// DownOptions are those of down.
type DownOptions struct {
	Services      []string // empty = the whole project, with its networks
	RemoveOrphans bool
	Volumes       bool // named volumes too
}

// MakeDown plans the end of a project, or the removal of the containers of
// some services: dependents first, then networks, then volumes. p is what is
// known of the project: containers of services it lacks are orphans. A nil p
// means that nothing is known: every container goes.
func MakeDown(p *project.Project, observed Observed, o DownOptions) *Plan {
	b := newBuilder()
	var removed []ID
	remove := func(c Container, cause string, dependents []string) {
		removed = append(removed, b.remove(c, cause, false, dependents))
	}
	existing := observed.byService()
	if p == nil {
		p = &project.Project{}
		o.RemoveOrphans = true
	}
	// What run made depends on services, and nothing on it.
	for _, c := range highestFirst(observed.OneOffs) {
		if len(o.Services) == 0 || o.RemoveOrphans && slices.Contains(o.Services, c.Service) {
			remove(c, "down: made by run", nil)
		}
	}
	for _, name := range downOrder(p) {
		if len(o.Services) > 0 && !slices.Contains(o.Services, name) {
			continue
		}
		for _, c := range highestFirst(existing[name]) {
			remove(c, "down", p.Dependents(name, nil))
		}
	}
	for _, c := range highestFirst(observed.Containers) {
		if defined(p, c.Service) || len(o.Services) > 0 && !slices.Contains(o.Services, c.Service) {
			continue
		}
		if o.RemoveOrphans || slices.Contains(o.Services, c.Service) {
			remove(c, "orphan: no file defines "+c.Service, nil)
		} else {
			b.p.Orphans = append(b.p.Orphans, c.Name)
		}
	}
	slices.Sort(b.p.Orphans)
	if len(o.Services) > 0 {
		return &b.p
	}
	// Networks with an orphan left in them cannot go.
	if len(b.p.Orphans) == 0 {
		for _, n := range observed.Networks {
			b.add(Operation{Kind: RemoveNetwork, Object: n, Cause: "down"}, removed...)
		}
	}
	if o.Volumes {
		for _, v := range p.Volumes {
			if !v.External && slices.Contains(observed.Volumes, v.Name) {
				b.add(Operation{Kind: RemoveVolume, Object: v.Name, Key: v.Key, Cause: "down with volumes"}, removed...)
			}
		}
	}
	return &b.p
}

// downOrder is all known services, dependents first; those of inactive
// profiles may have containers from an earlier up and go first. A cycle
// cannot have been brought up, but must not keep anybody from going down.
func downOrder(p *project.Project) []string {
	names := slices.Clone(p.Disabled)
	levels, err := p.Levels()
	if err != nil {
		for _, s := range p.Services {
			names = append(names, s.Name)
		}
		return names
	}
	for _, level := range slices.Backward(levels) {
		names = append(names, level...)
	}
	return names
}

func defined(p *project.Project, service string) bool {
	_, ok := p.Service(service)
	return ok || slices.Contains(p.Disabled, service)
}
