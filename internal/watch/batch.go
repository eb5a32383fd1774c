package watch

import "time"

// How long it must have been quiet.
const (
	// quiet: editors write, rename and set the mode within some milliseconds.
	quiet = 50 * time.Millisecond
	// manyQuiet is quiet once there are many paths: a checkout pauses for the disk.
	manyQuiet = 250 * time.Millisecond
	many      = 200
	// patience: a file that is written all the time holds others up for so long.
	patience = time.Second
	// limit: after that, what there is goes, whatever else comes.
	limit = 10 * time.Second
)

// batch collects paths until it has been quiet. The zero value is an empty one.
type batch struct {
	paths  map[string]bool
	first  time.Time // the first path
	fresh  time.Time // the last path that had not been there
	latest time.Time
}

// add notes a path.
func (b *batch) add(path string, now time.Time) {
	if len(b.paths) == 0 {
		b.paths, b.first = map[string]bool{}, now
	}
	if !b.paths[path] {
		b.paths[path], b.fresh = true, now
	}
	b.latest = now
}

// due is when the batch is complete, unless more comes; zero while it is empty.
func (b *batch) due() time.Time {
	if len(b.paths) == 0 {
		return time.Time{}
	}
	wait := quiet
	if len(b.paths) > many {
		wait = manyQuiet
	}
	at := b.latest.Add(wait)
	if most := b.fresh.Add(patience); at.After(most) {
		at = most
	}
	if most := b.first.Add(limit); at.After(most) {
		at = most
	}
	return at
}

// take empties the batch.
func (b *batch) take() map[string]bool {
	paths := b.paths
	*b = batch{}
	return paths
}
