package cgroup

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func TestIsParent(t *testing.T) {
	for name, want := range map[string]bool{
		"batch": true, "batch.slice": true, "a-b_c": true, "x.1y": true, "1": true,
		"": false, "holder": false, "web-1.3": false, ".x": false, "a/b": false, "..": false, "x.": false,
	} {
		if got := IsParent(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}

// A parent comes with the first group in it and goes with the last; groups in it are
// found by their names alone, by this tree and by one that was opened later.
func TestParent(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	made := map[string]*Group{}
	for _, g := range [][2]string{{"batch", "a.1"}, {"batch", "b.1"}, {"", "c.1"}, {"night", "d.7"}} {
		group, _, err := tree.MakeIn(g[0], g[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		made[g[1]] = group
		if _, err := os.Stat(filepath.Join(tree.Path(), g[0], g[1], "cgroup.procs")); err != nil {
			t.Error(err)
		}
	}
	talking(t, made["a.1"], "sleep 100")
	later, err := OpenTree(tree.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer later.Close()
	names, err := later.Groups()
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"a.1", "b.1", "c.1", "d.7"}) {
		t.Errorf("groups %q, %v", names, err)
	}
	if _, err := later.Group("e.1"); !os.IsNotExist(err) {
		t.Errorf("one that is not there: %v", err)
	}
	if _, _, err := later.MakeIn("../x", "e.1", nil); err == nil {
		t.Error("a parent outside was made")
	}
	there := func(name string) bool {
		_, err := os.Stat(filepath.Join(tree.Path(), name))
		return err == nil
	}
	for _, name := range []string{"a.1", "d.7", "b.1", "c.1"} {
		g, err := later.Group(name)
		if err != nil {
			t.Fatal(err)
		}
		if populated, err := g.Populated(); err != nil || populated != (name == "a.1") {
			t.Errorf("%s: populated is %t, %v", name, populated, err)
		}
		if err := g.Remove(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "a.1" && !there("batch") {
			t.Error("the parent went while another was in it")
		}
	}
	if there("batch") || there("night") {
		t.Error("a parent has stayed")
	}
	for _, g := range made {
		_ = g.Close()
	}
}

// Whoever makes a group in a parent while the last one leaves it makes it again.
func TestParentIsEnteredWhileItGoes(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for n := range 100 {
				g, _, err := tree.MakeIn("batch", string(rune('a'+worker))+"."+string(rune('0'+n%10)), nil)
				if err != nil {
					t.Error(err)
					return
				}
				if err := g.Remove(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if _, err := os.Stat(filepath.Join(tree.Path(), "batch")); !os.IsNotExist(err) {
		t.Errorf("the parent has stayed: %v", err)
	}
}
