package project

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// graph makes a project of "a: b c" lines: a depends on b and c.
func graph(lines ...string) *Project {
	p := &Project{Name: "p"}
	for _, l := range lines {
		name, deps, _ := strings.Cut(l, ":")
		s := Service{Name: name}
		for _, d := range strings.Fields(deps) {
			s.DependsOn = append(s.DependsOn, Dependency{Service: d, Restart: strings.HasPrefix(d, "r")})
		}
		p.Services = append(p.Services, s)
	}
	return p
}

func TestLevels(t *testing.T) {
	for _, tt := range []struct {
		name  string
		p     *Project
		want  [][]string
		cycle string
	}{
		{"none", graph(), nil, ""},
		{"flat", graph("a:", "b:"), [][]string{{"a", "b"}}, ""},
		{"chain", graph("a: b", "b: c", "c:"), [][]string{{"c"}, {"b"}, {"a"}}, ""},
		{"diamond", graph("a: b c", "b: d", "c:", "d:"), [][]string{{"c", "d"}, {"b"}, {"a"}}, ""},
		{"disabled dependency", graph("a: z"), [][]string{{"a"}}, ""},
		{"self", graph("a: a"), nil, "a -> a"},
		{"cycle behind a way in", graph("a: b", "b: c", "c: d", "d: b"), nil, "b -> c -> d -> b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.p.Levels()
			var cycle *CycleError
			if errors.As(err, &cycle) != (tt.cycle != "") {
				t.Fatalf("error %v", err)
			}
			if cycle != nil && strings.Join(cycle.Path, " -> ") != tt.cycle {
				t.Errorf("cycle %v", cycle.Path)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("levels %v, want %v", got, tt.want)
			}
		})
	}
}

func TestWithDependencies(t *testing.T) {
	p := graph("a: b", "b: c", "c:", "d:")
	p.Disabled = []string{"off"}
	for _, tt := range []struct{ names, want string }{{"", "a b c d"}, {"b", "b c"}, {"b d", "b c d"}} {
		got, err := p.WithDependencies(strings.Fields(tt.names))
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("%q: %v, %v", tt.names, got, err)
		}
	}
	for name, disabled := range map[string]bool{"off": true, "x": false} {
		_, err := p.WithDependencies([]string{name})
		var e *UnknownServiceError
		if !errors.As(err, &e) || e.Disabled != disabled {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDependents(t *testing.T) {
	p := graph("a: r b", "b: r", "r:")
	if got := p.Dependents("r", nil); strings.Join(got, " ") != "a b" {
		t.Errorf("all: %v", got)
	}
	if got := p.Dependents("b", func(d Dependency) bool { return d.Restart }); got != nil {
		t.Errorf("restarting: %v", got)
	}
}

func TestContainerName(t *testing.T) {
	p := &Project{Name: "demo"}
	if got := p.ContainerName(&Service{Name: "web"}, 2); got != "demo-web-2" {
		t.Error(got)
	}
	if got := p.ContainerName(&Service{Name: "web", ContainerName: "front"}, 1); got != "front" {
		t.Error(got)
	}
}
