package cgroup

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOOMFiles(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  OOM
		fails bool
	}{
		"no controller": {},
		"untouched": {map[string]string{"memory.events": "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n", "memory.max": "max\n"},
			OOM{Limit: Max}, false},
		"its own limit": {map[string]string{"memory.events": "low 0\nhigh 3\nmax 40\noom 2\noom_kill 5\noom_group_kill 1\n", "memory.max": "104857600\n"},
			OOM{Kills: 5, Reached: 2, Limit: 100 << 20}, false},
		"another's limit": {map[string]string{"memory.events": "low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\n", "memory.max": "104857600\n"},
			OOM{Kills: 1, Limit: 100 << 20}, false},
		"half of it": {map[string]string{"memory.events": "oom_kill 1\n"}, OOM{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			for file, text := range c.files {
				if err := os.WriteFile(filepath.Join(path, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			dir, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			got, err := (&Group{dir: dir}).OOM()
			if got != c.want || (err != nil) != c.fails {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}
