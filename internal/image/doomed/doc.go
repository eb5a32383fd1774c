// Package doomed takes directories out of use in a moment, and deletes them at leisure.
//
// # Purpose
//
// What a store has unpacked is large: to delete it takes seconds, in which nobody should
// wait for the store's lock. So whoever holds that lock takes the directory's name
// ([Take]), and deletes it after the lock is gone ([Dir.Delete]).
//
// # Model
//
//	PARENT/KEY      a directory in use, or that may be taken into use
//	PARENT/tmp-KEY  one that is being made, or deleted
//	LOCKS/KEY       flock: exclusive to make or delete it, shared to need it
//
// # Invariants
//
//   - A directory whose lock somebody has is left alone.
//   - Who is killed between the two leaves tmp-KEY without a lock: the next who looks
//     takes it as a leftover.
package doomed
