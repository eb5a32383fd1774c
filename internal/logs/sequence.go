package logs

import (
	"errors"
	"fmt"
	"os"
)

// lastSequence is the highest sequence number below a project's data directory.
func lastSequence(root string) (uint64, error) {
	entries, err := os.ReadDir(root + "/c")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("list containers: %w", err)
	}
	seq := uint64(0)
	for _, e := range entries {
		dir := root + "/c/" + e.Name() + "/logs"
		streams, err := listFiles(dir)
		if err != nil {
			return 0, err
		}
		n, err := lastOf(dir, streams)
		if err != nil {
			return 0, err
		}
		seq = max(seq, n)
	}
	return seq, nil
}

// lastOf is the highest sequence number in the indexes of a log directory.
func lastOf(dir string, streams map[string]files) (uint64, error) {
	seq := uint64(0)
	for name, have := range streams {
		for _, n := range have.indexes {
			f, err := os.Open(dir + "/" + indexFile(name, n))
			if err != nil {
				return 0, fmt.Errorf("open log index: %w", err)
			}
			last, _ := (&indexReader{f: f}).last()
			f.Close()
			seq = max(seq, last.seq)
		}
	}
	return seq, nil
}
