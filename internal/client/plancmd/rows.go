package plancmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project/diff"
)

// row is one thing and what becomes of it.
type row struct {
	Kind    string        `json:"kind"` // image, network, volume, provider, step (of pre_start), container
	Name    string        `json:"name"`
	Service string        `json:"service,omitempty"`
	Number  int           `json:"number,omitempty"`
	Action  plan.Action   `json:"action"`
	Cause   string        `json:"cause,omitempty"`
	Changes []diff.Change `json:"changes,omitempty"`
	Orphan  bool          `json:"orphan,omitempty"`      // no file defines it
	Update  *group        `json:"update,omitempty"`      // it is replaced in a group (deploy.update_config)
	Renewed []string      `json:"new_volumes,omitempty"` // where anonymous volumes are mounted that it gets anew (-V)
}

// group is the part of a replacement in groups that a container belongs to.
type group struct {
	Group       int    `json:"group"`       // from 1; each begins when the one before has settled
	Groups      int    `json:"groups"`      // how many there are
	Parallelism int    `json:"parallelism"` // containers that are replaced at a time
	Order       string `json:"order"`       // stop-first, start-first
	Successor   string `json:"successor"`   // the container that takes its place
}

type rows []row

// Actions beside those of containers.
const (
	toPull   plan.Action = "pull"
	toBuild  plan.Action = "build"
	toRead   plan.Action = "read"
	toAsk    plan.Action = "provide"
	toRun    plan.Action = "run"
	toMiss   plan.Action = "missing"
	keepsOld             = "it keeps what it was made with; --yes makes it anew, without what is in it"
)

// changes reports that something is to be done.
func (all rows) changes() bool {
	return slices.ContainsFunc(all, func(r row) bool { return r.Action != plan.ToKeep && r.Action != toAsk })
}

func rowsOf(f *client.Forecast) (all rows) {
	all = images(f)
	all = append(all, shared(f, "network", plan.CreateNetwork, plan.RemoveNetwork, f.Networks)...)
	all = append(all, shared(f, "volume", plan.CreateVolume, plan.RemoveVolume, f.Volumes)...)
	for i := range all {
		for _, v := range f.Kept {
			if r := &all[i]; r.Kind == "volume" && r.Name == v.Name {
				r.Cause = strings.Join(v.Changes, "; ") + ": " + keepsOld
				if v.Taken != "" {
					r.Cause = strings.Join(v.Changes, "; ") + ": it stays, " + v.Taken + " has it"
				}
			}
		}
	}
	for _, name := range f.Providers {
		all = append(all, row{Kind: "provider", Name: name, Service: name, Action: toAsk, Cause: "another program provides it, each time"})
	}
	told := map[string]bool{}
	for _, o := range f.Plan.Outcomes {
		if !told[o.Service] {
			all, told[o.Service] = append(all, steps(f, o.Service)...), true
		}
		r := row{Kind: "container", Name: o.Name, Service: o.Service, Number: o.Number, Action: o.Action, Cause: o.Cause, Changes: o.Changes, Renewed: f.Renewed[o.Name]}
		if g := o.Group; g != nil {
			r.Update = &group{Group: g.Number, Groups: g.Of, Parallelism: g.Size, Order: g.Order(), Successor: g.Successor}
		}
		_, known := f.Project.Service(o.Service)
		r.Orphan = !known
		if o.Action == plan.ToKeep && slices.Contains(f.Images.Open, o.Service) {
			r.Cause = "recreate, if its image is another one then"
		}
		all = append(all, r)
	}
	return all
}

// steps are those of pre_start that come before containers of a service start.
func steps(f *client.Forecast, service string) (all []row) {
	for _, s := range f.Steps {
		if s.Service != service {
			continue
		}
		before := "once, before " + service + " starts"
		if s.Before != "" {
			before = "before " + s.Before + " starts"
		}
		all = append(all, row{Kind: "step", Name: s.Name, Service: service, Action: toRun, Cause: fmt.Sprintf("pre_start[%d]: %s", s.Index, before)})
	}
	return all
}

func images(f *client.Forecast) (all rows) {
	add := func(names []string, action plan.Action, cause string) {
		for _, n := range names {
			all = append(all, row{Kind: "image", Name: n, Action: action, Cause: cause})
		}
	}
	add(f.Images.Pull, toPull, "")
	for _, name := range f.Images.Build {
		if s, ok := f.Project.Service(name); ok {
			all = append(all, row{Kind: "image", Name: s.Image, Service: name, Action: toBuild, Cause: "of service " + name})
		}
	}
	for _, name := range f.Images.Cached {
		if s, ok := f.Project.Service(name); ok {
			all = append(all, row{Kind: "image", Name: s.Image, Service: name, Action: plan.ToKeep, Cause: "built: nothing has changed, it comes from the cache"})
		}
	}
	add(f.Images.Read, toRead, "")
	missing := make([]string, 0, len(f.Images.Missing))
	for name := range f.Images.Missing {
		missing = append(missing, name)
	}
	slices.Sort(missing)
	for _, name := range missing {
		if s, ok := f.Project.Service(name); ok {
			all = append(all, row{Kind: "image", Name: s.Image, Service: name, Action: toMiss, Cause: fmt.Sprint("up fails: ", f.Images.Missing[name])})
		}
	}
	return all
}

// shared are networks or volumes: those that are made, and those that are there.
func shared(f *client.Forecast, kind string, create, remove plan.Kind, there []string) (all rows) {
	seen := map[string]bool{}
	for _, op := range f.Plan.Operations {
		r := row{Kind: kind, Name: op.Object, Cause: op.Cause, Action: plan.ToCreate}
		switch {
		case op.Kind == create && op.Replaces:
			r.Action = plan.ToRecreate
		case op.Kind == create:
		case op.Kind == remove && !op.Replaces:
			r.Action = plan.ToRemove
		default:
			continue
		}
		seen[op.Object] = true
		all = append(all, r)
	}
	for _, name := range there {
		if !seen[name] {
			all = append(all, row{Kind: kind, Name: name, Action: plan.ToKeep})
		}
	}
	slices.SortStableFunc(all, func(a, b row) int { return strings.Compare(a.Name, b.Name) })
	return all
}
