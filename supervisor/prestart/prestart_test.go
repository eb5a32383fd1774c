package prestart

import (
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// replica is a container of a service whose steps are written as letters: "s" once for
// the service, "r" once for each container.
func replica(name, steps string, done int) record.Replica {
	r := record.Replica{Container: kernel.Container{Name: name, ID: "id of " + name, Project: "p", Service: project.Service{Name: "web"}}, State: states.Created, PreStarted: done}
	for _, kind := range steps {
		r.Service.PreStart = append(r.Service.PreStart, project.InitContainer{PerReplica: kind == 'r', Service: project.Service{Name: "web"}})
	}
	return r
}

// creating is one that is still being made.
func creating(r record.Replica) record.Replica {
	r.State = states.Creating
	return r
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name  string
		all   []record.Replica
		of    string
		marks string
	}{
		{"none", []record.Replica{replica("a", "", 0)}, "", ""},
		{"all done", []record.Replica{replica("a", "ss", 2)}, "", ""},
		{"the first", []record.Replica{replica("a", "ss", 0)}, "a", "a"},
		{"once for all", []record.Replica{replica("0", "ss", 0), replica("a", "ss", 0), replica("b", "ss", 0)}, "0", "0 a b"},
		{"the first is not made yet, and there is nothing to share", []record.Replica{creating(replica("0", "ss", 0)), replica("a", "ss", 0)}, "a", "0 a"},
		{"another has done it", []record.Replica{replica("a", "ss", 0), replica("b", "ss", 1)}, "", "a"},
		{"another has done more than it has", []record.Replica{replica("a", "ss", 1), replica("b", "ss", 1)}, "a", "a b"},
		{"for each", []record.Replica{replica("a", "r", 0), replica("b", "r", 1)}, "a", "a"},
		{"after one for each", []record.Replica{replica("a", "srs", 2), replica("b", "srs", 1)}, "a", "a"},
		{"after another's one for each", []record.Replica{replica("a", "srs", 1), replica("b", "srs", 3)}, "a", "a"},
		{"another definition", []record.Replica{replica("a", "ss", 0), replica("b", "sr", 2)}, "a", "a"},
		{"done under other lines of the file", []record.Replica{replica("a", "ss", 0), moved(replica("b", "ss", 2))}, "", "a"},
		{"gone", []record.Replica{replica("b", "s", 0)}, "", ""},
	} {
		of, marks := Next("a", c.all)
		got := ""
		if of != nil {
			got = of.Name
		}
		if got != c.of || strings.Join(marks, " ") != c.marks {
			t.Errorf("%s: of %q, marks %v", c.name, got, marks)
		}
	}
}

// moved is a container of the same steps, which stood elsewhere in the file.
func moved(r record.Replica) record.Replica {
	r.Service.PreStart = slices.Clone(r.Service.PreStart)
	for i := range r.Service.PreStart {
		r.Service.PreStart[i].Service.Source.Line += 7
	}
	return r
}

// Every order in which containers come leads to every shared step once, and every other
// once for each.
func TestNextComesToAnEnd(t *testing.T) {
	for _, steps := range []string{"s", "r", "sr", "rs", "srs", "rsr", "ssrrs"} {
		all := []record.Replica{replica("0", steps, 0), replica("a", steps, 0), replica("b", steps, 0)}
		ran := map[int]int{}
		for _, name := range []string{"a", "b", "0"} {
			for turn := 0; ; turn++ {
				if turn > 2*len(steps) {
					t.Fatalf("%s: no end for %s", steps, name)
				}
				of, marks := Next(name, all)
				if of != nil {
					ran[of.PreStarted]++
				}
				if marks == nil {
					break
				}
				for i := range all {
					for _, m := range marks {
						if all[i].Name == m {
							all[i].PreStarted++
						}
					}
				}
			}
		}
		for n, kind := range steps {
			if want := map[rune]int{'s': 1, 'r': 3}[kind]; ran[n] != want {
				t.Errorf("%s: step %d ran %d times", steps, n, ran[n])
			}
		}
	}
}

func TestContainer(t *testing.T) {
	r := replica("p-web-2", "sr", 1)
	r.Number = 2
	c := Container(&r, &project.Project{Name: "p"})
	if c.Name != "p-web-pre_start-1.2" || !c.OneOff.Remove || *c.OneOff.Step != (kernel.Step{Of: "p-web-2", ID: "id of p-web-2", Index: 1}) {
		t.Errorf("%+v", c)
	}
	if len(c.Service.VolumesFrom) != 1 || c.Service.VolumesFrom[0].Container != "p-web-2" || len(r.Service.PreStart[1].Service.VolumesFrom) != 0 {
		t.Errorf("volumes %+v", c.Service.VolumesFrom)
	}
}
