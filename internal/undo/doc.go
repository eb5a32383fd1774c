// Package undo releases, in reverse order, what a failed sequence of
// acquisitions has already got.
//
// # Purpose
//
// A start takes some twenty steps, and any may fail. Each step that acquires
// something adds, on the next line, how to give it back:
//
//	var u undo.Stack
//	defer u.Run()
//	if err := makeNetns(); err != nil {
//		return err
//	}
//	u.Add("network namespace of web-1", removeNetns)
//	...
//	u.Release() // success: the things stay
//	return nil
//
// # Invariants
//
//   - Every function runs at most once, last added first.
//   - One that fails or panics does not keep the others from running.
//   - After Run or Release the stack is empty and may be used again.
//
// # Limits
//
// Functions get no context: undoing must not be cancelled by what made it
// necessary. Bound them in time where they are made.
package undo
