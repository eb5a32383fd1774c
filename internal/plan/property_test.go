package plan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
)

// randomProject has up to six services; dependencies point to earlier names.
func randomProject(r *rand.Rand) *project.Project {
	p := &project.Project{Name: "p", Networks: []project.Network{{Key: "m", Name: "p_m"}, {Key: "n", Name: "p_n", Internal: r.IntN(2) == 0}}, Volumes: []project.Volume{{Key: "v", Name: "p_v"}}}
	conditions := []project.Condition{project.ConditionStarted, project.ConditionHealthy, project.ConditionCompleted}
	for i := range 1 + r.IntN(6) {
		s := project.Service{Name: fmt.Sprintf("s%d", i), Scale: r.IntN(4), Image: fmt.Sprint(r.IntN(3))}
		s.Resources.Memory = int64(r.IntN(2)) << 30
		if r.IntN(2) == 0 {
			s.Endpoints = randomEndpoints(r, i, s.Scale)
		}
		if r.IntN(3) == 0 {
			s.Mounts = []project.Mount{{Type: project.MountVolume, Source: "v"}}
		}
		for j := range i {
			if r.IntN(3) == 0 {
				s.DependsOn = append(s.DependsOn, project.Dependency{Service: fmt.Sprintf("s%d", j),
					Condition: conditions[r.IntN(3)], Restart: r.IntN(2) == 0, Required: r.IntN(2) == 0})
			}
		}
		randomHooks(r, &s)
		if i > 0 && r.IntN(8) == 0 { // of a profile that is not active
			p.Disabled = append(p.Disabled, s.Name)
			continue
		}
		s.DependsOn = slices.DeleteFunc(s.DependsOn, func(d project.Dependency) bool { return slices.Contains(p.Disabled, d.Service) })
		p.Services = append(p.Services, s)
	}
	return p
}

// randomHooks gives a service what happens around its starts, and how it is replaced.
func randomHooks(r *rand.Rand, s *project.Service) {
	fixed := slices.ContainsFunc(s.Endpoints, func(e project.Endpoint) bool { return e.IPv4Address != "" })
	if r.IntN(6) == 0 {
		fixed = true
		s.Ports = []project.Port{{Target: 80, HostPort: uint16(8000 + r.IntN(2)), Protocol: "tcp"}}
	}
	if r.IntN(4) == 0 { // what two may not have at the same time rules start-first out, when the file is read
		s.Update = &project.Update{Parallelism: r.IntN(3), StartFirst: !fixed && r.IntN(2) == 0}
	}
	for range r.IntN(3) / 2 {
		s.PreStart = append(s.PreStart, project.InitContainer{Service: project.Service{Image: "step", Command: []string{fmt.Sprint(r.IntN(2))}}, PerReplica: r.IntN(2) == 0})
	}
	if r.IntN(4) == 0 {
		s.PostStart = []project.Hook{{Command: []string{fmt.Sprint(r.IntN(2))}}}
	}
	if r.IntN(4) == 0 {
		s.PreStop = []project.Hook{{Command: []string{fmt.Sprint(r.IntN(2))}}}
	}
	if r.IntN(4) == 0 {
		s.Mounts = append(s.Mounts, project.Mount{Type: project.MountVolume, Target: "/anonymous"})
	}
}

// randomEndpoints has at least one; the fixed address is that of the service with
// the number.
func randomEndpoints(r *rand.Rand, service, scale int) (all []project.Endpoint) {
	for _, key := range [][]string{{"m"}, {"n"}, {"m", "n"}}[r.IntN(3)] {
		e := project.Endpoint{Network: key, GatewayPriority: r.IntN(2)}
		if scale == 1 && r.IntN(2) == 0 {
			e.IPv4Address = fmt.Sprintf("10.0.0.%d", service+10)
		}
		all = append(all, e)
	}
	return all
}

// randomObserved has containers of the project and others, in all states.
func randomObserved(r *rand.Rand, p *project.Project) (o Observed) {
	states := []State{Created, Running, Exited}
	for i := range p.Services {
		s := &p.Services[i]
		for n := 1; n < 5; n++ {
			if r.IntN(2) == 0 {
				continue
			}
			hash := p.Hash(s)
			if r.IntN(3) == 0 {
				hash = "other"
			}
			stands := *s // as another file had it, with the addresses that others have now
			if n == 1 && len(s.Endpoints) > 0 && r.IntN(2) == 0 {
				stands.Endpoints = randomEndpoints(r, (i+1)%len(p.Services), 1)
			} else if n > 1 || r.IntN(2) == 0 {
				stands.Endpoints = randomEndpoints(r, i, 2)
			}
			made, wasHash := randomMade(r, p, s)
			if hash != "other" && r.IntN(2) == 0 {
				hash = wasHash
			}
			o.Containers = append(o.Containers, Container{Anonymous: made != nil && slices.ContainsFunc(made.Mounts, project.Mount.Anonymous), Made: made, Endpoints: free(o, wanted(p, &stands)), Name: p.ContainerName(s, n), Service: s.Name, Number: n, Hash: hash, State: states[r.IntN(3)], Image: []string{"", "old", "new"}[r.IntN(3)],
				Resources: project.Resources{Memory: int64(r.IntN(2)) << 30, CPUShares: 512 * int64(r.IntN(2))}})
		}
	}
	for _, name := range p.Disabled {
		if r.IntN(2) == 0 {
			o.Containers = append(o.Containers, Container{Name: "p-" + name + "-1", Service: name, Number: 1, State: states[r.IntN(3)]})
		}
	}
	if r.IntN(2) == 0 {
		o.Containers = append(o.Containers, Container{Name: "p-gone-1", Service: "gone", Number: 1, State: states[r.IntN(3)], Endpoints: wanted(p, &project.Service{Endpoints: randomEndpoints(r, 0, 2)})})
	}
	o.Defined = map[string]project.Network{"p_m": p.Networks[0], "p_n": {Key: "n", Name: "p_n"}}
	for _, n := range p.Networks {
		if r.IntN(2) == 0 || slices.ContainsFunc(o.Containers, func(c Container) bool { return stands(&c, n.Name) }) {
			o.Networks = append(o.Networks, n.Name)
		}
	}
	return o
}

// randomMade is what a container of s was made of, and its hash: now and then another
// one, in what needs nothing, an update, a restart or a new container; or it is not known.
func randomMade(r *rand.Rand, p *project.Project, s *project.Service) (*project.Service, string) {
	if r.IntN(4) == 0 {
		return nil, p.Hash(s)
	}
	made := *s
	for range r.IntN(3) {
		switch r.IntN(8) {
		case 0:
			made.DependsOn = nil
		case 1:
			made.Labels = map[string]string{"a": fmt.Sprint(r.IntN(3))}
		case 2:
			made.Ports = []project.Port{{Target: uint16(80 + r.IntN(3)), Protocol: "tcp"}}
		case 3:
			made.Command = []string{fmt.Sprint(r.IntN(3))}
		case 4:
			made.PreStart = nil
		case 5:
			made.PostStart = nil
		case 6:
			made.PreStop, made.Update = nil, nil
		case 7:
			made.HealthCheck = &project.HealthCheck{Test: []string{"CMD", "true"}}
		}
	}
	return &made, p.Hash(&made)
}

func stands(c *Container, network string) bool {
	return slices.ContainsFunc(c.Endpoints, func(e Endpoint) bool { return e.Network == network })
}

// free leaves out of endpoints the addresses that somebody has.
func free(o Observed, all []Endpoint) []Endpoint {
	for i := range all {
		for _, c := range o.Containers {
			if slices.ContainsFunc(c.Endpoints, func(e Endpoint) bool {
				return e.Network == all[i].Network && e.Spec.IPv4Address == all[i].Spec.IPv4Address
			}) {
				all[i].Spec.IPv4Address = ""
			}
		}
	}
	return all
}

// canStand reports that a network is there, and the address free.
func canStand(o Observed, byName map[string]*Container, e Endpoint) bool {
	for _, c := range byName {
		for _, other := range c.Endpoints {
			if other.Network == e.Network && other.Spec.IPv4Address == e.Spec.IPv4Address && e.Spec.IPv4Address != "" {
				return false
			}
		}
	}
	return slices.Contains(o.Networks, e.Network)
}

// anyOrder is one of the orders that the operations may be carried out in.
func anyOrder(p *Plan) (ops []Operation) {
	done := map[ID]bool{}
	for len(ops) < len(p.Operations) {
		for _, i := range rand.Perm(len(p.Operations)) {
			op := p.Operations[i]
			ready := !done[op.ID] && !slices.ContainsFunc(op.After, func(id ID) bool { return !done[id] })
			if ready {
				done[op.ID], ops = true, append(ops, op)
			}
		}
	}
	return ops
}

// simulate carries a plan out on observed values, refusing what cannot be
// done in that order.
func simulate(t *testing.T, p *project.Project, plan *Plan, o Observed, images map[string]string) Observed {
	t.Helper()
	byName := map[string]*Container{}
	o.Networks, o.Defined = slices.Clone(o.Networks), maps.Clone(o.Defined)
	for _, c := range o.Containers {
		byName[c.Name] = &c
	}
	for i, op := range plan.Operations {
		if op.ID != ID(i+1) {
			t.Fatalf("operation %d has number %d", i+1, op.ID)
		}
		for _, a := range op.After {
			if a >= op.ID || a < 1 {
				t.Fatalf("%s comes after a later one", op)
			}
		}
	}
	for _, op := range anyOrder(plan) {
		c := byName[op.Object]
		ok := true
		switch op.Kind {
		case CreateNetwork:
			ok = !slices.Contains(o.Networks, op.Object)
			o.Networks = append(o.Networks, op.Object)
			for _, n := range p.Networks {
				if n.Name == op.Object {
					o.Defined[n.Name] = n
				}
			}
		case RemoveNetwork:
			for _, other := range byName {
				ok = ok && !stands(other, op.Object)
			}
			o.Networks = slices.DeleteFunc(o.Networks, func(n string) bool { return n == op.Object })
		case Connect, Update:
			e := Endpoint{Network: op.Network, Spec: op.Endpoint}
			if ok = c != nil && stands(c, op.Network) == (op.Kind == Update); !ok {
				break
			}
			c.Endpoints = slices.DeleteFunc(slices.Clone(c.Endpoints), func(e Endpoint) bool { return e.Network == op.Network })
			ok = canStand(o, byName, e)
			c.Endpoints = append(c.Endpoints, e)
		case Disconnect:
			if ok = c != nil && stands(c, op.Network); ok {
				c.Endpoints = slices.DeleteFunc(slices.Clone(c.Endpoints), func(e Endpoint) bool { return e.Network == op.Network })
			}
		case CreateVolume:
			ok = !slices.Contains(o.Volumes, op.Object)
			o.Volumes = append(o.Volumes, op.Object)
		case Create:
			ok = c == nil
			s, _ := p.Service(op.Service)
			for _, e := range wanted(p, s) {
				ok = ok && canStand(o, byName, e)
			}
			byName[op.Object] = &Container{Anonymous: slices.ContainsFunc(s.Mounts, project.Mount.Anonymous), Made: s, Volumes: p.VolumesOf(s), Endpoints: wanted(p, s), Name: op.Object, Service: op.Service, Number: op.Number, Hash: p.Hash(s), State: Created, Image: images[op.Service], Resources: s.Resources}
		case Limit:
			if ok = c != nil && !c.Resources.Same(op.Resources); ok {
				c.Resources = op.Resources
			}
		case Amend:
			s, _ := p.Service(op.Service)
			restarts := diff.Highest(op.Changes) == diff.Restart
			if ok = c != nil && c.Made != nil && (!restarts || c.State != Running); ok {
				made := *c.Made
				diff.Copy(&made, s, op.Changes)
				c.Made, c.Hash = &made, p.Hash(s)
			}
		case RemoveVolume:
			for _, other := range byName {
				s, known := p.Service(other.Service)
				ok = ok && !(known && slices.ContainsFunc(s.Mounts, func(m project.Mount) bool { return m.Source == op.Key }))
			}
			o.Volumes = slices.DeleteFunc(slices.Clone(o.Volumes), func(v string) bool { return v == op.Object })
		case Start: // with the limits that it is to have
			s, known := p.Service(op.Service)
			if ok = c != nil && c.State != Running && (!known || c.Resources.Same(s.Resources)); ok {
				c.State = Running
			}
		case Stop:
			if ok = c != nil && c.State == Running; ok {
				c.State = Exited
			}
		case Remove:
			ok = c != nil && c.State != Running
			delete(byName, op.Object)
		}
		if !ok {
			t.Fatalf("cannot %s, the container is %+v\n%s", op, c, plan)
		}
	}
	o.Containers = nil
	for _, c := range byName {
		o.Containers = append(o.Containers, *c)
	}
	return o
}

// TestMakeConverges: a plan can be carried out in its order, and after it
// nothing is left to do.
func TestMakeConverges(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		p := randomProject(r)
		o := randomObserved(r, p)
		opts := Options{RemoveOrphans: r.IntN(2) == 0, Images: map[string]string{}}
		for _, s := range p.Services {
			if r.IntN(2) == 0 {
				opts.Images[s.Name] = "new"
			}
		}
		if r.IntN(2) == 0 {
			o.Volumes = []string{"p_v"}
		}
		if r.IntN(3) == 0 {
			opts.Discard = []string{"p_v"}
		}
		if r.IntN(4) == 0 {
			opts.Recreate = []Recreate{RecreateForce, RecreateNever}[r.IntN(2)]
		}
		opts.NoStart = r.IntN(6) == 0
		plan, err := Make(p, o, opts)
		if err != nil {
			t.Fatal(err)
		}
		deterministic(t, p, o, opts, plan)
		kept(t, o, plan)
		after := simulate(t, p, plan, o, opts.Images)
		if opts.Recreate == RecreateNever {
			continue // what differs stays so
		}
		opts.Discard, opts.Recreate = nil, RecreateDiverged // it was asked for once
		again, err := Make(p, after, opts)
		for _, o := range again.Outcomes {
			if o.Action != ToKeep {
				t.Fatalf("again: %+v", o)
			}
		}
		if err != nil || !again.Empty() {
			t.Fatalf("error %v; first:\n%sagain:\n%s", err, plan, again)
		}
		down := MakeDown(p, after, DownOptions{RemoveOrphans: true})
		if end := simulate(t, p, down, after, nil); len(end.Containers) > 0 {
			t.Fatalf("after down: %v", end.Containers)
		}
	}
}

func BenchmarkMakeThousand(b *testing.B) {
	p := &project.Project{Name: "p"}
	for i := range 1000 {
		s := project.Service{Name: fmt.Sprintf("s%04d", i), Scale: 1}
		if i%10 > 0 {
			s.DependsOn = []project.Dependency{{Service: fmt.Sprintf("s%04d", i-1), Condition: project.ConditionStarted, Required: true}}
		}
		p.Services = append(p.Services, s)
	}
	for b.Loop() {
		if _, err := Make(p, Observed{}, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
