package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// randomProject has up to six services; dependencies point to earlier names.
func randomProject(r *rand.Rand) *project.Project {
	p := &project.Project{Name: "p", Networks: []project.Network{{Key: "n", Name: "p_n"}}, Volumes: []project.Volume{{Key: "v", Name: "p_v"}}}
	conditions := []project.Condition{project.ConditionStarted, project.ConditionHealthy, project.ConditionCompleted}
	for i := range 1 + r.IntN(6) {
		s := project.Service{Name: fmt.Sprintf("s%d", i), Scale: r.IntN(4), Image: fmt.Sprint(r.IntN(3))}
		if r.IntN(2) == 0 {
			s.Endpoints = []project.Endpoint{{Network: "n"}}
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
		p.Services = append(p.Services, s)
	}
	return p
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
			o.Containers = append(o.Containers, Container{Name: p.ContainerName(s, n), Service: s.Name, Number: n, Hash: hash, State: states[r.IntN(3)], Image: []string{"", "old", "new"}[r.IntN(3)]})
		}
	}
	if r.IntN(2) == 0 {
		o.Containers = append(o.Containers, Container{Name: "p-gone-1", Service: "gone", Number: 1, State: states[r.IntN(3)]})
		o.Networks = []string{"p_n"}
	}
	return o
}

// simulate carries a plan out on observed values, refusing what cannot be
// done in that order.
func simulate(t *testing.T, p *project.Project, plan *Plan, o Observed, images map[string]string) Observed {
	t.Helper()
	byName := map[string]*Container{}
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
		c := byName[op.Object]
		ok := true
		switch op.Kind {
		case CreateNetwork:
			o.Networks = append(o.Networks, op.Object)
		case CreateVolume:
			o.Volumes = append(o.Volumes, op.Object)
		case Create:
			ok = c == nil
			s, _ := p.Service(op.Service)
			byName[op.Object] = &Container{Name: op.Object, Service: op.Service, Number: op.Number, Hash: p.Hash(s), State: Created, Image: images[op.Service]}
		case Start:
			if ok = c != nil && c.State != Running; ok {
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
	for range 5000 {
		p := randomProject(r)
		o := randomObserved(r, p)
		opts := Options{RemoveOrphans: r.IntN(2) == 0, Images: map[string]string{}}
		for _, s := range p.Services {
			if r.IntN(2) == 0 {
				opts.Images[s.Name] = "new"
			}
		}
		plan, err := Make(p, o, opts)
		if err != nil {
			t.Fatal(err)
		}
		after := simulate(t, p, plan, o, opts.Images)
		again, err := Make(p, after, opts)
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
