package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A stream's files are NAME-NUMBER.log and NAME-NUMBER.idx, numbered from 1.
const (
	logSuffix   = ".log"
	indexSuffix = ".idx"
)

func logFile(stream string, n int) string   { return fmt.Sprintf("%s-%08d%s", stream, n, logSuffix) }
func indexFile(stream string, n int) string { return fmt.Sprintf("%s-%08d%s", stream, n, indexSuffix) }

// parseFile is the reverse of logFile and indexFile.
func parseFile(file string) (stream string, n int, index, ok bool) {
	rest, index := strings.CutSuffix(file, indexSuffix)
	if !index {
		if rest, ok = strings.CutSuffix(file, logSuffix); !ok {
			return "", 0, false, false
		}
	}
	i := strings.LastIndexByte(rest, '-')
	if i < 1 || len(rest)-i-1 < 8 {
		return "", 0, false, false
	}
	n, err := strconv.Atoi(rest[i+1:])
	if err != nil || n < 1 {
		return "", 0, false, false
	}
	return rest[:i], n, index, true
}

// files are the numbers of one stream's files, in ascending order.
type files struct{ logs, indexes []int }

// listFiles reads a container's log directory: its streams by name. A missing
// directory has none.
func listFiles(dir string) (map[string]files, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list log directory: %w", err)
	}
	streams := map[string]files{}
	for _, e := range entries {
		name, n, index, ok := parseFile(e.Name())
		if !ok {
			continue
		}
		f := streams[name]
		if index {
			f.indexes = append(f.indexes, n)
		} else {
			f.logs = append(f.logs, n)
		}
		streams[name] = f
	}
	for _, f := range streams {
		slices.Sort(f.logs)
		slices.Sort(f.indexes)
	}
	return streams, nil
}

// last is the highest number of any file, 0 if there is none.
func (f files) last() int {
	n := 0
	if len(f.logs) > 0 {
		n = f.logs[len(f.logs)-1]
	}
	if len(f.indexes) > 0 {
		n = max(n, f.indexes[len(f.indexes)-1])
	}
	return n
}
