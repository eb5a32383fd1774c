// Package giveback gives memory back to the system when a burst of work is over.
//
// A supervisor that has started fifty services has several megabytes of garbage
// that it will not fill again: Go's collector would keep them, and the background
// scavenger gives them back in minutes (GODEBUG=scavtrace=1 shows it). So whoever
// does work that makes much garbage says so, and once it has been quiet for
// [quiet] one collection is made and all free pages are returned.
package giveback

import (
	"runtime/debug"
	"sync/atomic"
	"time"
)

// quiet is how long nothing must have happened.
const quiet = 300 * time.Millisecond

var (
	calls atomic.Uint64
	free  = debug.FreeOSMemory // replaced by the test
)

// Soon is called after work that makes much garbage. It costs next to nothing.
func Soon() {
	n := calls.Add(1)
	time.AfterFunc(quiet, func() {
		if calls.Load() == n { // nothing has happened since
			free()
		}
	})
}
