package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func fullID(letter string) string { return "sha256:" + strings.Repeat(letter, 64) }

// hold makes a container that uses an image.
func hold(t *testing.T, s *Store, project, container, letter string) string {
	t.Helper()
	dir := filepath.Join(filepath.Dir(s.dir), "p", project, "c", container)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Use(t.Context(), fullID(letter), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (s *Store) hasLayer(letter string) bool {
	_, err := os.Stat(s.layers.FS(strings.Repeat(letter, 64)))
	return err == nil
}

func TestRemove(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"one:1"}, "b": {"two:1", "two:2"}, "c": nil})
	for _, c := range []struct {
		ref    string
		force  bool
		events string
		err    string
	}{
		{"nothing", false, "[]", "no such image"},
		{"bbbb", false, "[]", "must be forced"},
		{"two:1", false, `[{"untagged":"two:1"}]`, ""},
		{"bbbb", false, fmt.Sprintf(`[{"untagged":"two:2"},{"deleted":%q},{"deleted":%[1]q,"bytes":5}]`, fullID("b")), ""},
		{"one", false, "[]", "no such image"},
		{"one:1", false, fmt.Sprintf(`[{"untagged":"one:1"},{"deleted":%q},{"deleted":%[1]q,"bytes":5}]`, fullID("a")), ""},
	} {
		events, err := s.Remove(t.Context(), c.ref, c.force)
		if events == nil {
			events = []Event{}
		}
		b, _ := json.Marshal(events)
		if string(b) != c.events || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %s, %v; want %s, %q", c.ref, b, err, c.events, c.err)
		}
	}
	if s.hasLayer("a") || s.hasLayer("b") || !s.hasLayer("c") {
		t.Errorf("layers: a %v, b %v, c %v; want c only", s.hasLayer("a"), s.hasLayer("b"), s.hasLayer("c"))
	}
}

// TestInUse: neither rm -f nor prune -a touches what a container has, also if
// the index is lost; with the container's directory the image is free.
func TestInUse(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"one:1"}})
	holder := hold(t, s, "shop", "shop-web-1", "a")
	_, err := s.Remove(t.Context(), "one:1", false)
	if err == nil || !strings.Contains(err.Error(), "container shop-web-1 of project shop") || !strings.Contains(err.Error(), "mocker-compose -p shop down") {
		t.Errorf("%v", err)
	}
	if img, err := s.Find("one:1"); err != nil || img.ID != fullID("a") {
		t.Errorf("a refused removal took the name: %v", err)
	}
	if list, err := s.Unused(t.Context(), true); len(list) != 0 || err != nil {
		t.Errorf("%v %v", list, err)
	}
	if events, err := s.Prune(t.Context(), []string{fullID("a")}); len(events) != 0 || err != nil {
		t.Errorf("%v %v", events, err)
	}
	events, err := s.Remove(t.Context(), "one:1", true)
	if err != nil || len(events) != 2 || events[0].Untagged != "one:1" || events[1].Kept == "" || !s.hasLayer("a") {
		t.Errorf("%+v %v", events, err)
	}
	if err := os.Remove(s.path(indexName)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prune(t.Context(), nil); err != nil || !s.hasLayer("a") {
		t.Errorf("without the index the layer went: %v", err)
	}
	if err := os.RemoveAll(holder); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prune(t.Context(), nil); err != nil || s.hasLayer("a") {
		t.Errorf("the layer of nobody stays: %v", err)
	}
}

// TestUnreadableMark: who cannot know what is in use deletes nothing.
func TestUnreadableMark(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"one:1"}})
	holder := hold(t, s, "shop", "shop-web-1", "a")
	if err := os.WriteFile(filepath.Join(holder, holderName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := s.Remove(t.Context(), "one:1", true)
		if err == nil || !strings.Contains(err.Error(), "-p shop down") || !s.hasLayer("a") {
			t.Errorf("%v", err)
		}
		if _, err := s.Prune(t.Context(), []string{fullID("a")}); err == nil || !s.hasLayer("a") {
			t.Errorf("%v", err)
		}
	}
}

func TestTag(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"one:1"}, "b": {"two:1"}})
	if err := s.Tag(t.Context(), "one:1", "docker.io/library/two:1"); err != nil {
		t.Fatal(err)
	}
	if img, err := s.Find("two:1"); err != nil || img.ID != fullID("a") {
		t.Errorf("%v %v", img.ID, err)
	}
	list, err := s.Unused(t.Context(), false)
	if err != nil || len(list) != 1 || list[0].ID != fullID("b") {
		t.Errorf("dangling: %v %v", list, err)
	}
	var missing *NotFoundError
	if err := s.Tag(t.Context(), "three", "x"); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"A", "x@" + fullID("a"), "", "a:b:c"} {
		if err := s.Tag(t.Context(), "one:1", bad); err == nil {
			t.Errorf("name %q taken", bad)
		}
	}
}

// TestLostIndex: an index that cannot be read is set aside, and said.
func TestLostIndex(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"one:1"}})
	if err := os.WriteFile(s.path(indexName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(); err == nil || !strings.Contains(err.Error(), "load your images again") {
		t.Errorf("%v", err)
	}
	if list, err := s.List(); len(list) != 0 || err != nil {
		t.Errorf("%v %v", list, err)
	}
	if aside, _ := filepath.Glob(s.path(indexName + ".corrupt-*")); len(aside) != 1 {
		t.Errorf("set aside: %v", aside)
	}
}
