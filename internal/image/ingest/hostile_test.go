package ingest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// mostMemory is what a hostile configuration may make us take, in KiB.
const mostMemory = 64 << 10

// TestHostileConfigurations: whatever a configuration says, it is data: loading
// it changes nothing beside the store, and takes little.
func TestHostileConfigurations(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	var million []string
	for i := range 1_000_000 {
		million = append(million, fmt.Sprintf("A%d=", i))
	}
	effect := filepath.Join(os.TempDir(), "mocker-effect-of-a-hostile-image")
	run := []string{"/bin/sh", "-c", "touch " + effect}
	for name, c := range map[string]struct {
		config imagetest.Config
		names  []string
		err    string // "" = taken
	}{
		"our own labels": {config: imagetest.Config{Labels: map[string]string{
			"com.docker.compose.project": "victim", "com.docker.compose.service": "db", "com.docker.compose.oneoff": "True",
			"containerd.io/restart.loguri": "binary:///bin/sh?-c=touch%20" + effect, "io.x-mocker.hook": "touch " + effect,
		}}},
		"paths that lead up":     {config: imagetest.Config{WorkingDir: "../..", Volumes: imagetest.Set("../../etc", "/proc", "/proc/self/fd", "/", "/dev", "..")}},
		"names that are paths":   {names: []string{"../../../tmp/x:1", "/etc/passwd", "x:../y", "$(touch " + effect + ")", strings.Repeat("a/", 5000) + "x"}},
		"commands everywhere":    {config: imagetest.Config{User: "$(touch " + effect + ")", StopSignal: "`touch " + effect + "`", Entrypoint: run, Shell: run, Env: []string{"LD_PRELOAD=/x.so", "PATH=" + effect, "BASH_ENV=" + effect}, Healthcheck: &imagetest.Healthcheck{Test: append([]string{"CMD"}, run...), Interval: -1, Retries: -5}}},
		"a million variables":    {config: imagetest.Config{Env: million}, err: "bytes"},
		"100,000 variables":      {config: imagetest.Config{Env: million[:100_000]}, err: "variables"},
		"a million labels":       {config: imagetest.Config{Labels: asMap(million[:180_000])}, err: "labels"},
		"a zero byte":            {config: imagetest.Config{Cmd: []string{"a\x00b"}}, err: "zero byte"},
		"a volume on every path": {config: imagetest.Config{Volumes: imagetest.Set(million[:50_000]...)}},
		"every port":             {config: imagetest.Config{ExposedPorts: imagetest.Set("1-65535", "1-65535/udp", "-1", "99999999999999999999", "a-b/c")}},
		"a long everything":      {config: imagetest.Config{User: strings.Repeat("u", 1<<20), WorkingDir: strings.Repeat("/..", 1<<18), StopSignal: strings.Repeat("S", 1<<20)}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			top := t.TempDir()
			img := imagetest.Image{Names: c.names, Config: c.config, Layers: [][]imagetest.File{{{Name: "x"}}}}
			path := filepath.Join(top, "a.tar")
			img.WriteDockerArchive(t, path)
			var peak int64
			s := childStore(t, top, &peak)
			began := time.Now()
			err := loadOnce(t.Context(), s, path)
			t.Logf("%v, %d KiB, %.300v", time.Since(began).Round(time.Millisecond), peak, err)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%.300v; want %q", err, c.err)
			}
			if peak == 0 || peak > mostMemory {
				t.Errorf("%d KiB of memory", peak)
			}
			onlyTheStore(t, top)
			if _, err := os.Lstat(effect); err == nil {
				t.Errorf("something was run: %s", effect)
			}
			tame(t, s)
		})
	}
}

func asMap(list []string) map[string]string {
	m := map[string]string{}
	for _, s := range list {
		m[s] = "x"
	}
	return m
}

// onlyTheStore: beside the archive there is the store, and in it what belongs there.
func onlyTheStore(t *testing.T, top string) {
	t.Helper()
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "a.tar" && e.Name() != "images" {
			t.Errorf("made outside of the store: %s", e.Name())
		}
	}
	if entries, err = os.ReadDir(filepath.Join(top, "images")); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.Contains(" cache configs downloads index.json layers lock locks manifests mounts one-id reserve sessions sources ", " "+e.Name()+" ") {
			t.Errorf("made in the store: %s", e.Name())
		}
	}
}

// tame: what others get to see of the image has the form that is promised.
func tame(t *testing.T, s *image.Store) {
	t.Helper()
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, img := range list {
		for _, p := range append(img.Config.Volumes, img.Config.WorkingDir) {
			if p != "" && (p[0] != '/' || filepath.Clean(p) != p || p == "/proc" || strings.HasPrefix(p, "/proc/")) {
				t.Errorf("path %q", p)
			}
		}
		for _, n := range img.Names {
			if got, err := imageref.Parse(n); err != nil || got.String() != n {
				t.Errorf("name %q: %v", n, err)
			}
		}
		if b, err := json.Marshal(img.Config.ExposedPorts); err != nil || len(b) > 1<<20 {
			t.Errorf("%d bytes of ports, %v", len(b), err)
		}
	}
}
