package cachemount

import (
	"context"
	"os"
	"testing"
	"time"
)

// TestSharing: who shares, who waits, who gets another.
func TestSharing(t *testing.T) {
	s := In(t.TempDir())
	take := func(sharing string) *Mount {
		m, err := s.Take(t.Context(), "id", sharing)
		if err != nil {
			t.Fatal(err)
		}
		if m.New {
			if err := m.Filled(); err != nil {
				t.Fatal(err)
			}
		}
		return m
	}
	a, b := take(Shared), take("")
	if a.Path != b.Path || !a.New || b.New {
		t.Errorf("shared: %+v, %+v", a, b)
	}
	c, d := take(Private), take(Private)
	if c.Path == a.Path || c.Path == d.Path || !c.New {
		t.Errorf("private: %+v, %+v", c, d)
	}
	got := make(chan *Mount)
	go func() { got <- take(Locked) }()
	select {
	case m := <-got:
		t.Errorf("locked beside shared: %+v", m)
	case <-time.After(50 * time.Millisecond):
	}
	a.Close()
	b.Close()
	if m := <-got; m.Path != a.Path || m.New {
		t.Errorf("locked: %+v", m)
	}
	if _, err := s.Take(t.Context(), "id", "some"); err == nil {
		t.Error("a way to share that there is not")
	}
}

// TestMountIsFilledFirst: who wants a cache that another step is filling waits for
// that; one that was not filled to the end is new again, and empty.
func TestMountIsFilledFirst(t *testing.T) {
	s := In(t.TempDir())
	first, err := s.Take(t.Context(), "id", Shared)
	if err != nil || !first.New {
		t.Fatalf("%+v, %v", first, err)
	}
	if err := os.WriteFile(first.Path+"/half", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if m, err := s.Take(ctx, "id", Shared); err == nil {
		t.Errorf("while it is filled: %+v", m)
	}
	if err := first.Close(); err != nil { // as the death of its process
		t.Fatal(err)
	}
	second, err := s.Take(t.Context(), "id", Shared)
	if err != nil || !second.New {
		t.Fatalf("half filled: %+v, %v", second, err)
	}
	if left, err := os.ReadDir(second.Path); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := second.Filled(); err != nil {
		t.Fatal(err)
	}
	third, err := s.Take(t.Context(), "id", Shared)
	if err != nil || third.New {
		t.Errorf("beside the second: %+v, %v", third, err)
	}
	for _, m := range []*Mount{second, third} {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if m, err := s.Take(t.Context(), "id", Locked); err != nil || m.New {
		t.Errorf("later: %+v, %v", m, err)
	}
}
