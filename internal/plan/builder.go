package plan

import (
	"cmp"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// builder collects operations and who they are for.
type builder struct {
	p      Plan
	stops  map[string][]ID // by service
	starts map[string][]ID // by service
	made   map[string]ID   // create, stop and remove operations, by kind and object
	waits  map[waitKey]ID
}

type waitKey struct {
	service   string
	condition project.Condition
	optional  bool
}

func newBuilder() *builder {
	return &builder{stops: map[string][]ID{}, starts: map[string][]ID{}, made: map[string]ID{}, waits: map[waitKey]ID{}}
}

// add appends an operation and returns its number.
func (b *builder) add(op Operation, after ...ID) ID {
	op.ID = ID(len(b.p.Operations) + 1)
	slices.Sort(after)
	op.After = slices.Compact(after)
	if len(op.After) == 0 {
		op.After = nil
	}
	b.p.Operations = append(b.p.Operations, op)
	return op.ID
}

// on is an operation on a container.
func on(kind Kind, c Container, cause string) Operation {
	return Operation{Kind: kind, Object: c.Name, Service: c.Service, Number: c.Number, Cause: cause}
}

// stop adds the stop of a container after those of the named services.
func (b *builder) stop(c Container, cause string, replaces bool, dependents []string) ID {
	var after []ID
	for _, d := range dependents {
		after = append(after, b.stops[d]...)
	}
	op := on(Stop, c, cause)
	op.Replaces = replaces
	id := b.add(op, after...)
	b.stops[c.Service] = append(b.stops[c.Service], id)
	b.made["stop "+c.Name] = id
	return id
}

// remove adds the removal of a container, after its stop if it runs.
func (b *builder) remove(c Container, cause string, replaces bool, dependents []string) ID {
	var after []ID
	if c.State == Running {
		after = append(after, b.stop(c, cause, replaces, dependents))
	}
	op := on(Remove, c, cause)
	op.Replaces = replaces
	id := b.add(op, after...)
	b.made["remove "+c.Name] = id
	return id
}

// wait adds a wait for a dependency, once for all that wait alike.
func (b *builder) wait(d project.Dependency, dependent string) ID {
	key := waitKey{d.Service, d.Condition, !d.Required}
	if id, ok := b.waits[key]; ok {
		return id
	}
	id := b.add(Operation{Kind: Wait, Object: d.Service, Service: d.Service, Condition: d.Condition,
		Optional: !d.Required, Cause: dependent + " depends on it"}, b.starts[d.Service]...)
	b.waits[key] = id
	return id
}

// start adds the start of a container after other operations and the waits
// for the dependencies among those in scope.
func (b *builder) start(s *project.Service, c Container, cause string, scope func(string) bool, after ...ID) ID {
	for _, d := range s.DependsOn {
		if scope(d.Service) {
			after = append(after, b.wait(d, s.Name))
		}
	}
	id := b.add(on(Start, c, cause), after...)
	b.starts[s.Name] = append(b.starts[s.Name], id)
	return id
}

// highestFirst orders containers for removal.
func highestFirst(containers []Container) []Container {
	out := slices.Clone(containers)
	slices.SortFunc(out, func(a, b Container) int {
		return cmp.Or(cmp.Compare(b.Number, a.Number), cmp.Compare(a.Name, b.Name))
	})
	return out
}
