package rootless

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// A supervisor of an earlier user holder that has the lock and no socket yet is
// waited for: until it has gone, or until it serves.
func TestOrphanedSupervisorIsWaitedFor(t *testing.T) {
	for _, serves := range []bool{false, true} {
		dir := t.TempDir()
		w := &watched{name: "p", dirs: state.Dirs{Run: filepath.Join(dir, "r"), Data: filepath.Join(dir, "d")}, ended: func() {}}
		if err := state.MakePrivate(w.dirs.ProjectRun("p")); err != nil {
			t.Fatal(err)
		}
		lock, err := state.Lock(w.dirs.ProjectLock("p"))
		if err != nil {
			t.Fatal(err)
		}
		found := make(chan error)
		go func() { found <- w.adoptOrphan() }()
		select {
		case err := <-found:
			t.Fatalf("did not wait: %v", err)
		case <-time.After(3 * minBackOff):
		}
		if serves {
			l, err := wire.Listen(w.dirs.APISocket("p"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
		} else {
			lock.Close()
		}
		if err := <-found; err != nil || (w.supervisor != nil) != serves {
			t.Errorf("serves %t: found %t, %v", serves, w.supervisor != nil, err)
		}
		lock.Close()
	}
}
