package ownfiles

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What is looked at is bounded, near before far, and never left by a link.
func TestLook(t *testing.T) {
	needsRoot(t)
	w := newWorld(t)
	for i := range 30 {
		w.dir(fmt.Sprintf("many/%02d", i), 0)
		w.dir(fmt.Sprintf("many/%02d/theirs", i), 999)
	}
	if err := os.Symlink(filepath.Join(w.top, "theirs"), filepath.Join(w.top, "many", "out")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..", filepath.Join(w.top, "many", "up")); err != nil {
		t.Fatal(err)
	}
	many := filepath.Join(w.top, "many")
	all := look(many, 999, Bound{Entries: 1000, Time: time.Minute})
	if all.seen != 62 || all.theirs != 30 || all.mine != 32 || all.cut || filepath.Base(all.first) != "theirs" {
		t.Errorf("%+v", all)
	}
	few := look(many, 999, Bound{Entries: 40, Time: time.Minute})
	if few.seen != 40 || !few.cut || few.mine != 32 || few.theirs != 8 {
		t.Errorf("bounded: %+v", few)
	}
	if late := look(many, 1, Bound{Entries: 1000, Time: -1}); !late.cut || late.seen > 64 {
		t.Errorf("late: %+v", late)
	}
	if none := look(filepath.Join(w.top, "not there"), 999, Limit); none.seen != 0 || none.cut {
		t.Errorf("nothing: %+v", none)
	}
}

// Who has more than is looked at is told, with the command that makes sure.
func TestLookIsCut(t *testing.T) {
	needsRoot(t)
	w := newWorld(t)
	for i := range 100 {
		w.dir(fmt.Sprintf("large/%02d", i), 0)
	}
	standard := Limit
	Limit = Bound{Entries: 50, Time: time.Minute}
	defer func() { Limit = standard }()
	w.says(t, "large:/app", "only 50 entries of large were looked at")
}
