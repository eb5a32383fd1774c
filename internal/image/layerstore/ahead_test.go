package layerstore

import (
	"os"
	"testing"
)

// An error of a sync ahead of the commit is the commit's: the kernel does not tell it
// twice.
func TestAheadKeepsItsError(t *testing.T) {
	s := newStore(t)
	a := s.Ahead()
	a.Add(aheadStep - 1)
	if a.running != nil {
		t.Error("the disk is given work for every little")
	}
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	a.Add(1)
	if err := a.Settle(); err == nil {
		t.Error("the error is lost")
	}
	a.Add(2 * aheadStep)
	if err := a.Settle(); err == nil {
		t.Error("the error is forgotten")
	}
}
