package show

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

var update = flag.Bool("update", false, "write the golden files")

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sample has a container in every state that ps can show.
func sample() []api.Container {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	return []api.Container{
		{
			ID: "0123456789abcdef0123456789abcdef", Name: "demo-web-1", Project: "demo", Service: "web", Number: 1,
			Image: "rootfs:/srv/alpine", Command: []string{"/bin/httpd", "-f", "-p", "8080", "-h", "/var/www"},
			Created: ago(3 * time.Hour), Started: ago(5 * time.Second), State: "running", Health: "healthy",
			Ports:    []api.Port{{HostIP: "0.0.0.0", Published: 8080, Target: 80, Protocol: "tcp"}, {HostIP: "::", Published: 8080, Target: 80, Protocol: "tcp"}},
			Networks: []string{"demo_default", "demo_back"}, Labels: map[string]string{"b": "2", "a": "1"},
		},
		{ID: "11", Name: "demo-db-1", Project: "demo", Service: "db", Command: []string{"db"}, Created: ago(time.Minute), Started: ago(time.Minute), State: "running", Health: "starting"},
		{ID: "22", Name: "demo-job-1", Project: "demo", Service: "job", Command: []string{"sh", "-c", "exit 137"}, Created: ago(time.Hour), Finished: ago(2 * time.Minute), State: "exited", ExitCode: 137},
		{ID: "2f", Name: "demo-hungry-1", Project: "demo", Service: "hungry", Command: []string{"eat"}, Created: ago(time.Hour), Finished: ago(2 * time.Minute), State: "exited", ExitCode: 137, OOM: true},
		{ID: "33", Name: "demo-loop-1", Project: "demo", Service: "loop", Created: ago(time.Hour), Finished: ago(3 * time.Second), State: "restarting", ExitCode: 1},
		{ID: "44", Name: "demo-new-1", Project: "demo", Service: "new", Created: ago(0), State: "created"},
		{ID: "55", Name: "demo-old-1", Project: "demo", Service: "old", Created: ago(90 * 24 * time.Hour), State: "exited"},
	}
}

func TestGolden(t *testing.T) {
	projects := []Project{{"demo", Count([]string{"running", "exited", "running"}), "/srv/demo/compose.yaml,/srv/demo/compose.override.yaml"}, {"x", "created(1)", ""}}
	for name, print := range map[string]func(*bytes.Buffer) error{
		"ps.txt":       func(b *bytes.Buffer) error { return Containers(b, sample(), now, false) },
		"ps-full.txt":  func(b *bytes.Buffer) error { return Containers(b, sample(), now, true) },
		"ps-empty.txt": func(b *bytes.Buffer) error { return Containers(b, nil, now, false) },
		"ps.json":      func(b *bytes.Buffer) error { return ContainersJSON(b, sample(), now, false) },
		"ls.txt":       func(b *bytes.Buffer) error { return Projects(b, projects) },
		"ls.json":      func(b *bytes.Buffer) error { return ProjectsJSON(b, projects) },
		"ls-none.json": func(b *bytes.Buffer) error { return ProjectsJSON(b, nil) },
		"support.txt": func(b *bytes.Buffer) error {
			return Support(b, []project.Support{{Key: "services.*.image", Fate: project.Honoured}, {Key: "services.*.gpus", Fate: project.Refused, Reason: "no devices"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := print(&got); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
			}
		})
	}
}

// TestKeys holds the keys that scripts for docker compose read from ps.
func TestKeys(t *testing.T) {
	var b bytes.Buffer
	if err := ContainersJSON(&b, sample()[1:2], now, false); err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(b.Bytes(), &object); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"ID", "Name", "Names", "Image", "Command", "Project", "Service", "Created", "CreatedAt", "State",
		"Status", "Health", "ExitCode", "Publishers", "Ports", "Labels", "Networks", "Mounts", "LocalVolumes", "Engine", "RunningFor", "Size"} {
		if _, ok := object[key]; !ok {
			t.Errorf("key %s is missing", key)
		}
	}
	if p, ok := object["Publishers"].([]any); !ok || len(p) != 0 {
		t.Errorf("Publishers = %v, want an empty array", object["Publishers"])
	}
}
