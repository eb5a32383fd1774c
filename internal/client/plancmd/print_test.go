package plancmd

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/internal/rehearsal"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
)

// forecast has one of everything that a plan can say.
func forecast() *client.Forecast {
	return &client.Forecast{
		Project: &project.Project{Name: "shop", Services: []project.Service{{Name: "api", Image: "shop/api"}, {Name: "db", Image: "postgres:18"}, {Name: "web", Image: "shop/web"}}},
		Images: &client.ImageOutlook{Pull: []string{"postgres:18"}, Build: []string{"web"}, Cached: []string{"api"}, Read: []string{"./base.tar"}, Open: []string{"db"},
			Missing: map[string]error{"db": errors.New("no such image: postgres:18\nPull it: mocker-compose up --pull missing")}},
		Networks: []string{"shop_default"}, Volumes: []string{"shop_data"},
		Kept:      []volumes.Change{{Name: "shop_data", Changes: []string{"driver_opts.o: (none) -> size=1m"}}},
		Providers: []string{"cloud"},
		Steps:     []rehearsal.Step{{Name: "shop-web-pre_start-0", Service: "web"}, {Name: "shop-web-pre_start-1.1", Service: "web", Index: 1, Before: "shop-web-1"}},
		Renewed:   map[string][]string{"shop-web-1": {"/cache", "/tmp/x"}},
		Plan: &plan.Plan{
			Operations: []plan.Operation{{ID: 1, Kind: plan.CreateNetwork, Object: "shop_back", Cause: "does not exist"}},
			Outcomes: []plan.Outcome{
				{Name: "shop-api-1", Service: "api", Number: 1, Action: plan.ToUpdate, Cause: "labels.a: 1 -> 2", Changes: []diff.Change{{Key: "labels.a", Text: "1 -> 2", Need: diff.Update}}},
				{Name: "shop-db-1", Service: "db", Number: 1, Action: plan.ToKeep},
				{Name: "shop-old-1", Service: "old", Number: 1, Action: plan.ToRemove, Cause: "orphan: no file defines old"},
				{Name: "shop-web-1", Service: "web", Number: 1, Action: plan.ToRecreate, Cause: "recreation is forced", Group: &plan.Group{Number: 1, Of: 2, Size: 1, Successor: "shop-web-1"}},
				{Name: "shop-web-2", Service: "web", Number: 2, Action: plan.ToRecreate, Cause: "command: a -> b", Changes: []diff.Change{{Key: "command", Text: "a -> b", Need: diff.Recreate}},
					Group: &plan.Group{Number: 2, Of: 2, Size: 1, StartFirst: true, Successor: "shop-web-3"}},
			},
		},
	}
}

// One of everything, as a table and as JSON.
func TestPrint(t *testing.T) {
	all := rowsOf(forecast())
	for name, print := range map[string]func(*strings.Builder) error{
		"plan.txt":  func(b *strings.Builder) error { return printText(b, "shop", all) },
		"plan.json": func(b *strings.Builder) error { return printJSON(b, "shop", all) },
	} {
		var b strings.Builder
		if err := print(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
	}
}

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%s: %v\n%s", file, err, got)
	}
}
