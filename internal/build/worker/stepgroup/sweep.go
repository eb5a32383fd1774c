package stepgroup

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// sweep removes what workers have left that were killed. What cannot be removed is met
// again by the next.
func sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		id, isLock := strings.CutSuffix(e.Name(), lockSuffix)
		if !isLock {
			continue
		}
		lock, err := state.TryLock(filepath.Join(dir, e.Name()))
		if err != nil {
			continue // it lives
		}
		record := filepath.Join(dir, id+recordSuffix)
		if delegate.Sweep(record) == nil {
			_ = os.Remove(record)
			_ = os.Remove(lock.Name())
		}
		lock.Close()
	}
}
