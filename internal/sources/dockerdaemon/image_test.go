package dockerdaemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/ingest"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// TestMain lets the test's own binary be the process that unpacks.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "__role" && os.Args[2] == image.Role {
		os.Exit(ingest.Run(os.Args[3:]))
	}
	os.Exit(m.Run())
}

func startChild(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", append([]string{"__role"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdio[0], stdio[1], stdio[2]
	if isolated {
		cmd.SysProcAttr = confine.Attributes()
	}
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return 0, err
	}
	return cmd.ProcessState.ExitCode(), nil
}

var img = imagetest.Image{Names: []string{"team/web:1"}, Layers: [][]imagetest.File{{{Name: "a", Text: "x", UID: 3}}}}

// daemon answers as docker does, at a socket; cut breaks what it sends off.
func fakeDaemon(t *testing.T, cut bool) (host string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "mc-daemon-") // short: unix(7)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	archive := filepath.Join(dir, "save.tar")
	img.WriteDockerArchive(t, archive)
	l, err := net.Listen("unix", filepath.Join(dir, "docker.sock"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /images/team/web:1/json", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"Id": img.ID(t)})
	})
	mux.HandleFunc("GET /images/team/web:1/get", func(w http.ResponseWriter, _ *http.Request) {
		raw, err := os.ReadFile(archive)
		if err != nil {
			t.Error(err)
		}
		if cut {
			_, _ = w.Write(raw[:len(raw)/2])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(raw)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"No such image"}`))
	})
	s := &http.Server{Handler: mux}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	return "unix://" + l.Addr().String()
}

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestLoad(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	store, err := image.Open(filepath.Join(t.TempDir(), "images"))
	if err != nil {
		t.Fatal(err)
	}
	store.Start = startChild
	i, err := Find(t.Context(), env(map[string]string{"DOCKER_HOST": fakeDaemon(t, false)}), "team/web:1")
	if err != nil || i.ID() != img.ID(t) {
		t.Fatalf("%+v, %v", i, err)
	}
	defer i.Close()
	got, err := i.Load(t.Context(), store)
	if err != nil || got.ID != img.ID(t) || len(got.Names) != 1 || got.Names[0] != "team/web:1" {
		t.Errorf("%+v, %v", got, err)
	}
	broken, err := Find(t.Context(), env(map[string]string{"DOCKER_HOST": fakeDaemon(t, true)}), "team/web:1")
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Close()
	if _, err := broken.Load(t.Context(), store); err == nil || !strings.Contains(err.Error(), "broke off") {
		t.Errorf("a daemon that ends: %v", err)
	}
}

func TestErrors(t *testing.T) {
	host := fakeDaemon(t, false)
	dir := t.TempDir()
	for what, c := range map[string]struct {
		vars map[string]string
		name string
		word string
	}{
		"missing":   {map[string]string{"DOCKER_HOST": host}, "none:1", "has no such image: docker pull none:1"},
		"no daemon": {map[string]string{"DOCKER_HOST": "unix://" + dir + "/none.sock"}, "a", "no docker runs at"},
		"far":       {map[string]string{"DOCKER_HOST": "ssh://host"}, "a", "docker save NAME | mocker-compose image load"},
		"a way out": {map[string]string{"DOCKER_HOST": host}, "../../containers", "is no name"},
		"context":   {map[string]string{"DOCKER_CONTEXT": "none", "HOME": dir}, "a", `docker's context "none"`},
	} {
		if _, err := Find(t.Context(), env(c.vars), c.name); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// docker's own command goes to the context that is in use; so do we.
func TestContext(t *testing.T) {
	home := t.TempDir()
	sum := sha256.Sum256([]byte("rootless"))
	hexDigest := hex.EncodeToString(sum[:])
	for _, f := range []struct{ path, text string }{
		{".docker/config.json", `{"currentContext":"rootless"}`},
		{".docker/contexts/meta/" + hexDigest + "/meta.json", `{"Name":"rootless","Endpoints":{"docker":{"Host":"unix:///run/x.sock"}}}`},
	} {
		path := filepath.Join(home, f.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if path, err := socket(env(map[string]string{"HOME": home})); err != nil || path != "/run/x.sock" {
		t.Errorf("%q, %v", path, err)
	}
	if path, err := socket(env(map[string]string{"HOME": home, "DOCKER_CONTEXT": "default"})); err != nil || path != "/var/run/docker.sock" {
		t.Errorf("%q, %v", path, err)
	}
}
