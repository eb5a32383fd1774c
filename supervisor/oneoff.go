package supervisor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
)

// OneOff is what a container has that run made. It is no replica of its
// service: plans leave it out, no condition waits for it, no policy restarts it.
type OneOff struct {
	Slug    string `json:"slug"`              // 64 hex digits; the name has the first 12
	Aliases bool   `json:"aliases,omitempty"` // it answers to the service's names
	Remove  bool   `json:"remove,omitempty"`  // when it has ended and nobody has a claim on it
}

// oneOffNumber stands in place of a replica's number, as in docker compose.
const oneOffNumber = -1

// shortID is the least of an id that names a container, in hex digits.
const shortID = 12

// called reports that name is the name or the id of a one-off container, or
// the beginning of its id.
func (c *Container) called(name string) bool {
	return c.OneOff != nil && (name == c.Name || len(name) >= shortID && strings.HasPrefix(c.ID, name))
}

// calledOneOf is called for several names.
func (c *Container) calledOneOf(names []string) bool {
	return slices.ContainsFunc(names, c.called)
}

// chosen reports that names, of services or of one-off containers, mean c;
// no name means all.
func (c *Container) chosen(names []string) bool {
	return len(names) == 0 || slices.Contains(names, c.Service.Name) || c.calledOneOf(names)
}

// split divides names into those of services and the one-off containers that
// are called by their own.
func (s *Supervisor) split(names []string) (services []string, oneOffs []Replica, err error) {
	all, err := s.snapshot(nil)
	if err != nil {
		return nil, nil, err
	}
	oneOffs = filter(all, func(r *Replica) bool { return r.calledOneOf(names) })
	for _, n := range names {
		if !slices.ContainsFunc(oneOffs, func(r Replica) bool { return r.called(n) }) {
			services = append(services, n)
		}
	}
	return services, oneOffs, nil
}

// startNamed starts the one-off containers among names; for a restart it stops
// them first. It returns the services that are left, all when there are none.
func (s *Supervisor) startNamed(ctx context.Context, x *execution, names []string) (services []string, all bool, err error) {
	services, oneOffs, err := s.split(names)
	if err != nil {
		return nil, false, err
	}
	err = s.each(oneOffs, func(c *Replica) error {
		if x.restart && !c.State.Settled() {
			if err := x.stop(ctx, plan.Operation{Kind: plan.Stop, Object: c.Name, Service: c.Service.Name}); err != nil {
				return err
			}
		}
		return x.start(ctx, c.Name)
	})
	return services, len(oneOffs) > 0 && len(services) == 0, err
}

// find is the container with an id, nil if there is none. Called on the loop.
func (s *Supervisor) find(id string) *instance {
	for _, i := range s.instances {
		if i.rec.ID == id {
			return i
		}
	}
	return nil
}

// returnLimit is how long a one-off container that is to go waits, after the
// supervisor was replaced, for the client that runs it: it wants the exit code.
const returnLimit = 15 * time.Second

// expectClient claims an adopted container for its client until returnLimit.
func (s *Supervisor) expectClient(i *instance) {
	if !i.removable() {
		return
	}
	i.claims++
	time.AfterFunc(returnLimit, func() { _ = s.ask(func() { i.claims-- }) })
}

// removable reports a one-off container that goes when it has ended.
func (i *instance) removable() bool { return i.rec.OneOff != nil && i.rec.OneOff.Remove }

// passing reports that i has ended and will be removed without a command.
func (i *instance) passing() bool {
	return i.removable() && i.final() && i.rec.Run > 0 && !i.stays
}

// settleOneOffs removes those that are over and that nobody asks about.
func (s *Supervisor) settleOneOffs() {
	for _, i := range s.instances {
		if i.passing() && i.claims == 0 && i.rec.State.Settled() {
			s.apply(event{kind: CmdRemove, name: i.rec.Name, volumes: true})
		}
	}
}

// observeOneOff is a one-off container as plans see it.
func observeOneOff(r *Replica, v view) plan.Container {
	return plan.Container{Name: r.Name, Service: r.Service.Name, Number: r.Number, State: v.state(r)}
}

// newOneOff is the container that a run asks for.
func newOneOff(b *api.RunRequest) Container {
	return Container{
		Project: b.Project.Name, Dir: b.Project.WorkingDir, Name: b.Name, ID: b.ID, Number: oneOffNumber,
		Service: b.Service, Hash: b.Project.Hash(&b.Service), Created: time.Now(),
		OneOff: &OneOff{Slug: b.Slug, Aliases: b.UseAliases, Remove: b.Remove},
	}
}

// checkOneOff refuses a run that could not be carried out.
func checkOneOff(b *api.RunRequest) error {
	if len(b.ID) != 64 || len(b.Slug) != 64 || b.Name == "" || b.Service.Name == "" {
		return fmt.Errorf("run: incomplete request: the command line is of another version")
	}
	return nil
}
