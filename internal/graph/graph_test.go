package graph

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

var update = flag.Bool("update", false, "write the golden files")

// shop has every condition, a diamond, a service on its own, and names that need
// quotes.
func shop() *project.Project {
	dep := func(name string, c project.Condition, required, restart bool) project.Dependency {
		return project.Dependency{Service: name, Condition: c, Required: required, Restart: restart}
	}
	p := &project.Project{Name: "shop", Services: []project.Service{
		{Name: "web", Image: "nginx:1", Scale: 2, DependsOn: []project.Dependency{
			dep("api", project.ConditionHealthy, true, true), dep("cache", project.ConditionStarted, false, false), dep("off", project.ConditionStarted, false, false)},
			Ports:     []project.Port{{HostPort: 8080, Target: 80, Protocol: "tcp"}, {HostIP: "::1", HostPort: 9000, HostPortEnd: 9009, Target: 90, Protocol: "udp"}, {HostIP: "127.0.0.1", Target: 81, Protocol: "tcp"}},
			Endpoints: []project.Endpoint{{Network: "front"}, {Network: "back"}}},
		{Name: "api", Image: "a<b>:\"1\"", Scale: 1, DependsOn: []project.Dependency{dep("db", project.ConditionHealthy, true, false), dep("migrate", project.ConditionCompleted, true, false)}},
		{Name: "migrate", Image: "a", Scale: 1, DependsOn: []project.Dependency{dep("db", project.ConditionHealthy, true, false)}},
		{Name: "db", Image: "postgres", Scale: 1, Mounts: []project.Mount{
			{Type: project.MountVolume, Source: "data", Target: "/var/lib"}, {Type: project.MountVolume, Target: "/anon"},
			{Type: project.MountTmpfs, Target: "/tmp"}, {Type: project.MountBind, Source: "/srv/x", Target: "/x"}}},
		{Name: "cache", Scale: 1},
		{Name: "end", Image: "busybox", Scale: 1},
	}}
	slices.SortFunc(p.Services, func(a, b project.Service) int { return strings.Compare(a.Name, b.Name) })
	return p
}

func live() []api.Container {
	c := func(service string, n int, state, health string, code int) api.Container {
		return api.Container{Name: "shop-" + service + "-" + string(rune('0'+n)), Service: service, Number: n, State: state, Health: health, ExitCode: code}
	}
	return []api.Container{c("web", 2, "exited", "", 3), c("web", 1, "running", "healthy", 0), c("db", 1, "running", "starting", 0),
		c("migrate", 1, "exited", "", 0), c("cache", 1, "running", "", 0), c("left", 1, "running", "", 0), {Name: "shop-db-run-1", Service: "db", OneOff: true, State: "running"}}
}

func TestGolden(t *testing.T) {
	all := Options{Networks: true, Ports: true, Images: true, Volumes: true, Indent: "  "}
	for _, tt := range []struct {
		file, format string
		o            Options
		cs           []api.Container
		services     []string
	}{
		{"plain.ascii", "ascii", Options{}, nil, nil},
		{"live.ascii", "", all, live(), nil},
		{"plain.dot", "dot", Options{Indent: "\t"}, nil, nil},
		{"live.dot", "dot", all, live(), nil},
		{"plain.mermaid", "mermaid", Options{}, nil, nil},
		{"live.mermaid", "mermaid", all, live(), nil},
		{"live.json", "json", Options{}, live(), nil},
		{"some.ascii", "ascii", Options{}, nil, []string{"migrate"}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			p := shop()
			for range 5 { // whatever the order of the containers
				cs := slices.Clone(tt.cs)
				rand.Shuffle(len(cs), func(i, j int) { cs[i], cs[j] = cs[j], cs[i] })
				g, err := Make(p, cs, tt.services)
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if err := g.Print(&out, tt.format, tt.o); err != nil {
					t.Fatal(err)
				}
				file := "testdata/" + tt.file
				if *update {
					if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil || out.String() != string(want) {
					t.Fatalf("%v\ngot\n%swant\n%s", err, out.String(), want)
				}
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	if _, err := Make(shop(), nil, []string{"nobody"}); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("a service that is not there: %v", err)
	}
	g, _ := Make(shop(), nil, nil)
	if err := g.Print(&bytes.Buffer{}, "png", Options{}); err == nil || !strings.Contains(err.Error(), `format value "png" could not be parsed`) {
		t.Errorf("a format that is not there: %v", err)
	}
}
