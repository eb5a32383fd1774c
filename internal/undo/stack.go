package undo

import (
	"errors"
	"fmt"
	"sync"
)

// Stack holds what to undo. The zero value is empty and ready; all methods may
// be called from several goroutines.
type Stack struct {
	mu    sync.Mutex
	steps []step
}

type step struct {
	name string
	undo func() error
}

// Add pushes a function that gives back the named thing.
func (s *Stack) Add(name string, undo func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = append(s.steps, step{name, undo})
}

// Run calls the functions, last added first, and empties the stack. The error
// joins those of all functions, each with the name of its thing; nil if all
// went well.
func (s *Stack) Run() error {
	var errs []error
	for {
		st, ok := s.pop()
		if !ok {
			return errors.Join(errs...)
		}
		if err := st.run(); err != nil {
			errs = append(errs, fmt.Errorf("release %s: %w", st.name, err))
		}
	}
}

// Release forgets the functions without calling them: the things now belong to
// somebody else.
func (s *Stack) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = nil
}

func (s *Stack) pop() (step, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.steps) - 1
	if n < 0 {
		return step{}, false
	}
	st := s.steps[n]
	s.steps = s.steps[:n]
	return st, true
}

// run turns a panic into an error, so that the rest is still released.
func (st step) run() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return st.undo()
}
