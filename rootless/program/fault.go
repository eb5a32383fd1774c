package program

import "golang.org/x/sys/unix"

// Fault is what a test does to a step.
type Fault int

// The faults.
const (
	Fail  Fault = iota // with EBADF
	Die                // the process ends without a word, as one that is killed
	Stall              // it stands still
)

// Break puts a fault in the place of step i. It returns what the last mark before
// says, and whether the program cannot do without the step. For tests: a list is
// data, so every step of it is a point at which something can be made to fail.
func (p *Program) Break(i int, how Fault) (mark string, must bool) {
	mark = "begin"
	for n := range i {
		if p.marks[n] {
			mark = p.what[n]
		}
	}
	s := &p.steps[i]
	must = s.flags&flagIgnore == 0
	bad := step{nr: unix.SYS_CLOSE, flags: s.flags & flagIgnore}
	bad.args[0] = ^uint64(0)
	switch how {
	case Die:
		bad = step{nr: unix.SYS_EXIT_GROUP}
	case Stall:
		bad = step{nr: unix.SYS_PPOLL}
	case Fail:
	}
	*s = bad
	return mark, must
}
