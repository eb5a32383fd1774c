package e2e

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
	"github.com/mocker-compose/mocker-compose/internal/layer/manifest"
)

// The hostile archives as layers of images, through the whole program: what the
// unpacker accepts in one archive of many images, what it refuses one by one. The
// control is TestCorpusIsDangerous of internal/layer.
func TestHostileLayers(t *testing.T) {
	for name, env := range map[string]string{"openat2": "", "without openat2": "MOCKER_FORCE_NO_OPENAT2=1", "no device is a whiteout": "MOCKER_FORCE_NO_WHITEOUT_DEVICES=1"} {
		t.Run(name, func(t *testing.T) {
			s := begin(t, "services: {}\n")
			if env != "" {
				s.env = append(s.env, env)
			}
			s.must("image", "ls") // the store is there
			watched := []string{s.plantCanary(s.dir), s.plantCanary(s.dirs.Images())}
			before := listAll(t, watched)
			s.loadHostile()
			for i, after := range listAll(t, watched) {
				if d := manifest.Difference(after, before[i]); d != "" {
					t.Errorf("something outside of the trees changed: %s", d)
				}
			}
			s.onlyTheStore()
		})
	}
}

// plantCanary makes a canary below dir.
func (s *scenario) plantCanary(dir string) string {
	s.t.Helper()
	c := filepath.Join(dir, "canary")
	err := errors.Join(os.MkdirAll(filepath.Join(c, "sub"), 0o750), os.WriteFile(filepath.Join(c, "keep"), []byte("precious"), 0o640),
		os.WriteFile(filepath.Join(c, "sub/deep"), []byte("too"), 0o640))
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func listAll(t *testing.T, dirs []string) (all [][]string) {
	t.Helper()
	for _, d := range dirs {
		list, err := manifest.List(d, manifest.Options{Owners: true})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list)
	}
	return all
}

func (s *scenario) loadHostile() {
	t := s.t
	t.Helper()
	var good []hazard.Archive
	refused := 0
	for _, a := range hazard.Corpus(s.dir) {
		switch {
		case !a.Refused:
			good = append(good, a)
		case a.Escapes:
			s.saveImages("bad.tar", a)
			if r := s.compose("image", "load", "-i", "bad.tar"); r.code == 0 {
				t.Errorf("%s: accepted", a.Name)
			}
			refused++
		}
	}
	s.saveImages("good.tar", good...)
	s.must("image", "load", "-q", "-i", "good.tar")
	lines := strings.Split(strings.TrimSpace(s.must("image", "ls", "-q")), "\n")
	t.Logf("%d images loaded, %d refused", len(lines), refused)
	if len(lines) != len(good) || len(good) < 90 || refused < 20 {
		t.Errorf("%d images of %d are there, %d were refused", len(lines), len(good), refused)
	}
}

// saveImages writes a docker archive with an image for each.
func (s *scenario) saveImages(name string, all ...hazard.Archive) {
	t := s.t
	t.Helper()
	type object = map[string]any
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	put := func(name string, content []byte) {
		err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))})
		if _, werr := w.Write(content); err != nil || werr != nil {
			t.Fatal(err, werr)
		}
	}
	document := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var list []object
	for i, a := range all {
		below, err1 := hazard.Encode(a.Below)
		top, err2 := a.Bytes()
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		var files, diffs []string
		for n, l := range [][]byte{below, top} {
			file := fmt.Sprintf("%d-%d.tar", i, n)
			put(file, l)
			files, diffs = append(files, file), append(diffs, fmt.Sprintf("sha256:%x", sha256.Sum256(l)))
		}
		config := document(object{"architecture": "amd64", "os": "linux", "created_by": a.Name,
			"config": object{"Cmd": []string{"/x"}}, "rootfs": object{"type": "layers", "diff_ids": diffs}})
		id := fmt.Sprintf("%x.json", sha256.Sum256(config))
		put(id, config)
		list = append(list, object{"Config": id, "RepoTags": []string{fmt.Sprintf("hostile:%d", i)}, "Layers": files})
	}
	put("manifest.json", document(list))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s.write(name, b.String())
}

// onlyTheStore fails when the store's directory has something that it does not
// put there.
func (s *scenario) onlyTheStore() {
	t := s.t
	t.Helper()
	entries, err := os.ReadDir(s.dirs.Images())
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"layers": true, "locks": true, "index.json": true, "configs": true, "sources": true, "canary": true, "lock": true,
		"manifests": true, "sessions": true, "cache": true, "mounts": true, "downloads": true, "one-id": true, "reserve": true}
	for _, e := range entries {
		if !known[e.Name()] {
			t.Errorf("%s holds %s", s.dirs.Images(), e.Name())
		}
	}
	layers, err := os.ReadDir(filepath.Join(s.dirs.Images(), "layers"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		if len(strings.TrimSuffix(l.Name(), "-single")) != 64 {
			t.Errorf("a layer called %s", l.Name())
		}
	}
}
