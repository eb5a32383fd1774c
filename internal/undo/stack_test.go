package undo

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestRunIsLastInFirstOutAndComplete(t *testing.T) {
	var s Stack
	var order []string
	failed := errors.New("device busy")
	s.Add("first", func() error { order = append(order, "first"); return nil })
	s.Add("second", func() error { order = append(order, "second"); return failed })
	s.Add("third", func() error { order = append(order, "third"); panic("boom") })
	err := s.Run()
	if want := []string{"third", "second", "first"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	if !errors.Is(err, failed) || !strings.Contains(err.Error(), "release second: device busy") || !strings.Contains(err.Error(), "release third: panic: boom") {
		t.Errorf("error %v", err)
	}
	if err := s.Run(); err != nil || len(order) != 3 {
		t.Errorf("second Run: %v, %d calls", err, len(order))
	}
}

func TestReleaseKeepsThings(t *testing.T) {
	var s Stack
	s.Add("thing", func() error { t.Error("undone after Release"); return nil })
	s.Release()
	if err := s.Run(); err != nil {
		t.Error(err)
	}
}

func TestStepsMayAddSteps(t *testing.T) {
	var s Stack
	ran := false
	s.Add("outer", func() error {
		s.Add("inner", func() error { ran = true; return nil })
		return nil
	})
	if err := s.Run(); err != nil || !ran {
		t.Errorf("%v, ran %t", err, ran)
	}
}
