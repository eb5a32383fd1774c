package treetest

import (
	"strings"
	"testing"
)

// TestNoDeathSignal: PR_SET_PDEATHSIG counts threads, not processes: the child of
// a Go program dies with whichever thread happened to start it. Only a step of a
// list may use it whose parent is the stub, which has one thread.
func TestNoDeathSignal(t *testing.T) {
	const stub = "rootless/role.go" // below an init that is the stub
	for _, s := range sources(t) {
		if s.test || s.path == stub {
			continue
		}
		for n, line := range strings.Split(s.text, "\n") {
			if strings.Contains(line, "PR_SET_PDEATHSIG") || strings.Contains(line, "Pdeathsig:") && !strings.Contains(line, "Pdeathsig:   0,") {
				t.Errorf("%s:%d uses the parent's death signal, which is a thread's", s.path, n+1)
			}
		}
	}
}
