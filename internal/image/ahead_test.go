package image

import (
	"os"
	"testing"
)

// An error of a sync ahead of the commit is the commit's: the kernel does not tell it
// twice.
func TestAheadKeepsItsError(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a := ahead{store: s}
	a.add(aheadStep - 1)
	if a.running != nil {
		t.Error("the disk is given work for every little")
	}
	if err := os.RemoveAll(s.path("layers")); err != nil {
		t.Fatal(err)
	}
	a.add(1)
	if err := a.settle(); err == nil {
		t.Error("the error is lost")
	}
	a.add(2 * aheadStep)
	if err := a.settle(); err == nil {
		t.Error("the error is forgotten")
	}
}
