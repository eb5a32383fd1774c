package program

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	codeBase = 0x100000000 // where the stub's code is mapped
	dataBase = 0x200000000 // where list, strings and slots are mapped
	stepSize = 64
	maxSlots = 64

	headerSize = 64 // see layout in Image
	slotsAt    = headerSize
	slotsSize  = maxSlots * 8
	bufferAt   = slotsAt + slotsSize
)

// The flags of a step; the stub knows them too.
const (
	flagIgnore   = 1 << 0
	flagSave     = 1 << 1
	flagSlot     = 8  // shift of the slot to save to
	flagArgument = 16 // shift: argument i is a slot
)

// These are no system calls (see package comment).
const (
	forkStep     = 0x7fffffff // the process becomes an init
	handOverStep = 0x7ffffffe // a sibling goes on
)

// StartStep is the step of a report that the program itself could not be executed.
const StartStep = 0x7ffffffd

// Slot names a kept result.
type Slot int

// Address is the place of bytes in the program's data.
type Address uint64

// Program is a list of system calls under construction. The zero value is an
// empty list.
type Program struct {
	steps []step
	what  []string
	marks map[int]bool // the steps that are marks
	data  []byte
	known map[string]Address
	slots int
	err   error
}

type step struct {
	nr, flags uint32
	args      [6]uint64
}

// Step refers to a step that was just added.
type Step struct {
	p *Program
	i int
}

// Do adds a system call. what says in words what it does and to which object,
// for the error message ("mount /proc"). Arguments are integers, strings
// (NUL-terminated), []byte, []string (a NULL-terminated vector), Address or Slot.
func (p *Program) Do(what string, nr uintptr, args ...any) Step {
	s := step{nr: uint32(nr)}
	for i, a := range args {
		v, slot := p.argument(a)
		s.args[i] = v
		if slot {
			s.flags |= 1 << (flagArgument + i)
		}
	}
	p.steps = append(p.steps, s)
	p.what = append(p.what, what)
	return Step{p, len(p.steps) - 1}
}

// Fork adds the step after which the process is the init of the rest.
func (p *Program) Fork() { p.Do("fork below init", forkStep) }

// HandOver adds the step after which a new process does the rest: a child of our
// parent, born in the pid namespace that was joined last. Our parent gets its
// pidfd over the SEQPACKET socket sock, as SCM_RIGHTS of a message of one byte, and
// we end; it goes on when it is sent one byte, and ends when the other end is
// closed. So only what has nothing of outside left is ever seen inside.
func (p *Program) HandOver(sock int) {
	control := p.Bytes(rights())
	iov := p.Bytes(binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(nil, uint64(p.Bytes(make([]byte, 8)))), 1))
	var msg []byte // struct msghdr
	for _, v := range []uint64{0, 0, uint64(iov), 1, uint64(control), 24, 0} {
		msg = binary.NativeEndian.AppendUint64(msg, v)
	}
	p.Do("hand over to the process inside", handOverStep, sock, p.Bytes(msg), control+cmsgData, p.Bytes(make([]byte, 8)))
}

// cmsgData is where the data of a control message begins (cmsg(3)).
const cmsgData = 16

// rights is a control message with room for one descriptor.
func rights() []byte {
	b := binary.NativeEndian.AppendUint64(nil, cmsgData+4)
	b = binary.NativeEndian.AppendUint32(b, unix.SOL_SOCKET)
	b = binary.NativeEndian.AppendUint32(b, unix.SCM_RIGHTS)
	return append(b, make([]byte, 8)...)
}

// Mark tells on descriptor status that the program has come here: what it does
// next is what. See [ParseReport].
func (p *Program) Mark(status int, what string) {
	if p.marks == nil {
		p.marks = make(map[int]bool)
	}
	p.marks[len(p.steps)] = true
	record := binary.NativeEndian.AppendUint32(nil, uint32(len(p.steps)))
	p.Do(what, unix.SYS_WRITE, status, binary.NativeEndian.AppendUint32(record, 0), 8).Ignore()
}

// Ignore lets the program go on when the step fails.
func (s Step) Ignore() Step {
	s.p.steps[s.i].flags |= flagIgnore
	return s
}

// Save keeps the step's result in a new slot.
func (s Step) Save() Slot {
	n := s.p.NewSlot()
	s.SaveTo(n)
	return n
}

// NewSlot sets a slot aside for [Step.SaveTo].
func (p *Program) NewSlot() Slot {
	n := Slot(p.slots)
	p.slots++
	if p.slots > maxSlots {
		p.fail("more than %d kept results", maxSlots)
		return 0
	}
	return n
}

// SaveTo keeps the step's result in a slot that exists, over what was in it.
func (s Step) SaveTo(n Slot) {
	s.p.steps[s.i].flags |= flagSave | uint32(n)<<flagSlot
}

// What tells in words what step i does.
func (p *Program) What(i int) string {
	if i == StartStep {
		return "execute the sandbox's program"
	}
	if i < 0 || i >= len(p.what) {
		return fmt.Sprintf("step %d", i)
	}
	return p.what[i]
}

// Len is the number of steps.
func (p *Program) Len() int { return len(p.steps) }

// Bytes puts b into the program's data, aligned to 8.
func (p *Program) Bytes(b []byte) Address {
	for len(p.data)%8 != 0 {
		p.data = append(p.data, 0)
	}
	a := Address(dataBase + bufferAt + len(p.data))
	p.data = append(p.data, b...)
	return a
}

// String puts s into the program's data, once.
func (p *Program) String(s string) Address {
	if a, ok := p.known[s]; ok {
		return a
	}
	for i := range len(s) {
		if s[i] == 0 {
			p.fail("%q holds a NUL byte", s)
		}
	}
	if p.known == nil {
		p.known = make(map[string]Address)
	}
	a := p.Bytes(append([]byte(s), 0))
	p.known[s] = a
	return a
}

// Strings puts a NULL-terminated vector of strings into the program's data.
func (p *Program) Strings(list []string) Address {
	v := make([]byte, 0, 8*len(list)+8)
	for _, s := range list {
		v = binary.NativeEndian.AppendUint64(v, uint64(p.String(s)))
	}
	return p.Bytes(binary.NativeEndian.AppendUint64(v, 0))
}

func (p *Program) argument(a any) (v uint64, slot bool) {
	switch a := a.(type) {
	case Slot:
		return uint64(a), true
	case Address:
		return uint64(a), false
	case string:
		return uint64(p.String(a)), false
	case []byte:
		return uint64(p.Bytes(a)), false
	case []string:
		return uint64(p.Strings(a)), false
	case int:
		return uint64(a), false
	case uint:
		return uint64(a), false
	case uint32:
		return uint64(a), false
	case uint64:
		return a, false
	case uintptr:
		return uint64(a), false
	default:
		p.fail("argument of type %T", a)
		return 0, false
	}
}

// Fail makes [Program.Image] return err, unless something failed before: what
// adds steps need not return errors.
func (p *Program) Fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *Program) fail(format string, args ...any) {
	p.Fail(fmt.Errorf("sandbox program: "+format, args...))
}

// encode lays the program out for dataBase:
//
//	0   number of steps          u64
//	8   address of the slots     u64
//	16  {step, errno}            2 x u32, what is written when a step fails
//	24  status descriptor        u64
//	32  wait status              u32
//	40  address of the steps     u64
//	64  slots, strings and structures, steps
func (p *Program) encode(status int) ([]byte, error) {
	if p.err != nil {
		return nil, p.err
	}
	for len(p.data)%8 != 0 {
		p.data = append(p.data, 0)
	}
	stepsAt := bufferAt + len(p.data)
	b := make([]byte, stepsAt, stepsAt+len(p.steps)*stepSize)
	ne := binary.NativeEndian
	ne.PutUint64(b[0:], uint64(len(p.steps)))
	ne.PutUint64(b[8:], dataBase+slotsAt)
	ne.PutUint64(b[24:], uint64(status))
	ne.PutUint64(b[40:], uint64(dataBase+stepsAt))
	copy(b[bufferAt:], p.data)
	for _, s := range p.steps {
		b = ne.AppendUint32(b, s.nr)
		b = ne.AppendUint32(b, s.flags)
		for _, a := range s.args {
			b = ne.AppendUint64(b, a)
		}
		b = ne.AppendUint64(b, 0)
	}
	return b, nil
}
