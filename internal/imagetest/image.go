package imagetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// Image is an image to be written. Architecture "" is this machine's.
type Image struct {
	Names        []string
	Architecture string
	Config       Config
	Layers       [][]File
}

// Config is an image's configuration as it stands in its JSON (OCI image spec,
// config.md; Healthcheck as docker has it).
type Config struct {
	User         string              `json:",omitempty"`
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Env          []string            `json:",omitempty"`
	Entrypoint   []string            `json:",omitempty"`
	Cmd          []string            `json:",omitempty"`
	Volumes      map[string]struct{} `json:",omitempty"`
	WorkingDir   string              `json:",omitempty"`
	OnBuild      []string            `json:",omitempty"`
	Labels       map[string]string   `json:",omitempty"`
	StopSignal   string              `json:",omitempty"`
	Shell        []string            `json:",omitempty"`
	Healthcheck  *Healthcheck        `json:",omitempty"`
}

// Healthcheck is docker's; times are nanoseconds.
type Healthcheck struct {
	Test          []string      `json:",omitempty"`
	Interval      time.Duration `json:",omitempty"`
	Timeout       time.Duration `json:",omitempty"`
	StartPeriod   time.Duration `json:",omitempty"`
	StartInterval time.Duration `json:",omitempty"`
	Retries       int           `json:",omitempty"`
}

// Set makes the sets of ExposedPorts and Volumes.
func Set(names ...string) map[string]struct{} {
	m := make(map[string]struct{}, len(names))
	for _, n := range names {
		m[n] = struct{}{}
	}
	return m
}

// blob is a file of the image, named by its digest.
type blob struct {
	digest string // hex of the SHA-256
	data   []byte
}

func newBlob(data []byte) blob {
	sum := sha256.Sum256(data)
	return blob{hex.EncodeToString(sum[:]), data}
}

// ID is the digest of the configuration, "sha256:<hex>": docker's image id.
func (i Image) ID(t testing.TB) string {
	t.Helper()
	return "sha256:" + i.config(t, i.layers(t)).digest
}

func (i Image) layers(t testing.TB) []blob {
	t.Helper()
	var out []blob
	for _, l := range i.Layers {
		out = append(out, newBlob(Tar(t, l)))
	}
	return out
}

func (i Image) config(t testing.TB, layers []blob) blob {
	t.Helper()
	var c struct {
		Created      time.Time `json:"created"`
		Architecture string    `json:"architecture"`
		OS           string    `json:"os"`
		Config       Config    `json:"config"`
		RootFS       struct {
			Type    string   `json:"type"`
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	c.Created = time.Unix(1700000000, 0).UTC()
	c.Architecture, c.OS, c.Config = i.Architecture, "linux", i.Config
	if c.Architecture == "" {
		c.Architecture = runtime.GOARCH
	}
	c.RootFS.Type, c.RootFS.DiffIDs = "layers", []string{}
	for _, l := range layers {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, "sha256:"+l.digest)
	}
	return newBlob(marshal(t, c))
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
