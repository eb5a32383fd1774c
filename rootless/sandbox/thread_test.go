package sandbox

import "runtime"

// lockThread ties the goroutine to its thread for good: it ends with it.
func lockThread() { runtime.LockOSThread() }
