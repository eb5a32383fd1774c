package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchTree is a tree of a user who may make groups where he is, or of root.
func benchTree(b *testing.B) *Tree {
	b.Helper()
	mount, own := "/sys/fs/cgroup", ""
	if _, err := os.Stat(mount + "/cgroup.procs"); err != nil {
		mount += "/unified"
	}
	self, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.Lines(string(self)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			own = filepath.Join(mount, name)
		}
	}
	dir := filepath.Join(own, "mocker-bench")
	if err := os.Mkdir(dir, 0o755); err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() {
		os.Remove(filepath.Join(dir, HolderName))
		if err := os.Remove(dir); err != nil {
			b.Error(err)
		}
	})
	if own != mount { // with controllers, if nobody is left there
		leaf := filepath.Join(own, "bench")
		_ = os.Mkdir(leaf, 0o755)
		d, err := os.Open(own)
		if err != nil {
			b.Fatal(err)
		}
		defer d.Close()
		pids, _ := pidsAt(d, "cgroup.procs")
		for _, pid := range pids {
			_ = writeAt(d, "bench/cgroup.procs", fmt.Sprint(pid))
		}
		have, _ := readAt(d, "cgroup.controllers")
		for _, c := range strings.Fields(have) {
			_ = writeAt(d, "cgroup.subtree_control", "+"+c)
		}
	}
	tree, err := OpenTree(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { tree.Close() })
	b.Log("controllers:", tree.Controllers())
	return tree
}

// BenchmarkSample is one look at 50 groups, as for stats once a second: 10 ms an
// operation are 1% of a core.
func BenchmarkSample(b *testing.B) {
	tree := benchTree(b)
	var list []*Group
	for i := range 50 {
		g, _, err := tree.Make(fmt.Sprintf("g.%d", i), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = g.Remove(b.Context()); _ = os.Remove(tree.Path() + "/" + g.Name()) })
		list = append(list, g)
	}
	for _, kept := range []bool{true, false} {
		b.Run(fmt.Sprintf("kept=%v", kept), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, g := range list {
					if !kept {
						g.Rest()
					}
					if _, err := g.Sample(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkMeters is one look at each file, beside the cheapest of system calls.
func BenchmarkMeters(b *testing.B) {
	tree := benchTree(b)
	g, _, err := tree.Make("g.1", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = g.Remove(b.Context()) })
	m := g.openMeters()
	g.meters = m
	b.Run("getppid", func(b *testing.B) {
		for b.Loop() {
			os.Getppid()
		}
	})
	for i, name := range meterNames {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, ok := m.read(i); !ok {
					b.Skip("is not there")
				}
			}
		})
	}
}
