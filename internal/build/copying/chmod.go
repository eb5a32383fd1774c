package copying

import (
	"fmt"
	"strconv"
	"strings"
)

// chmod is --chmod: an octal mode, or changes in the form of chmod(1).
type chmod struct {
	octal   *uint32
	changes []change
}

// change is one of u=rwx, g+w, a-x, o=g.
type change struct {
	who  uint32 // 0o700, 0o070, 0o007 or some of them
	op   byte
	bits uint32 // rwx for all three, to be masked by who
	copy uint32 // u, g or o, whose bits are taken: its mask
	x    bool   // X: x for directories and what somebody may run
	s, t bool
}

// parseChmod reads the flag; nil changes nothing.
func parseChmod(text string) (*chmod, error) {
	if text == "" {
		return nil, nil
	}
	if isNumber(text) {
		n, err := strconv.ParseUint(text, 8, 32)
		if err != nil || n > 0o7777 {
			return nil, fmt.Errorf("invalid chmod parameter: '%s'. it should be octal string and between 0 and 07777", text)
		}
		mode := uint32(n)
		return &chmod{octal: &mode}, nil
	}
	c := &chmod{}
	for clause := range strings.SplitSeq(text, ",") {
		if err := c.clause(clause); err != nil {
			return nil, fmt.Errorf("invalid chmod parameter: '%s': %w", text, err)
		}
	}
	return c, nil
}

var whoBits = map[byte]uint32{'u': 0o700, 'g': 0o070, 'o': 0o007, 'a': 0o777}

// clause reads WHO, and then one or more of an operator with its permissions.
func (c *chmod) clause(s string) error {
	var who uint32
	for len(s) > 0 && whoBits[s[0]] != 0 {
		who |= whoBits[s[0]]
		s = s[1:]
	}
	if who == 0 {
		who = 0o777
	}
	if s == "" {
		return fmt.Errorf("no operator, one of + - =")
	}
	for len(s) > 0 {
		if !strings.ContainsRune("+-=", rune(s[0])) {
			return fmt.Errorf("%q is no operator, which are + - =", s[:1])
		}
		ch := change{who: who, op: s[0]}
		s = s[1:]
		for len(s) > 0 && !strings.ContainsRune("+-=", rune(s[0])) {
			if err := ch.permission(s[0]); err != nil {
				return err
			}
			s = s[1:]
		}
		c.changes = append(c.changes, ch)
	}
	return nil
}

func (ch *change) permission(p byte) error {
	switch p {
	case 'r':
		ch.bits |= 0o444
	case 'w':
		ch.bits |= 0o222
	case 'x':
		ch.bits |= 0o111
	case 'X':
		ch.x = true
	case 's':
		ch.s = true
	case 't':
		ch.t = true
	case 'u', 'g', 'o':
		ch.copy = whoBits[p]
	default:
		return fmt.Errorf("%q is no permission, which are r w x X s t u g o", string(p))
	}
	return nil
}

// of is what the mode of a file or directory becomes.
func (c *chmod) of(mode uint32, dir bool) uint32 {
	switch {
	case c == nil:
		return mode
	case c.octal != nil:
		return *c.octal
	}
	for i := range c.changes {
		mode = c.changes[i].apply(mode, dir)
	}
	return mode
}

func (ch *change) apply(mode uint32, dir bool) uint32 {
	bits := ch.bits
	if ch.x && (dir || mode&0o111 != 0) {
		bits |= 0o111
	}
	for shift, mask := range map[uint]uint32{6: 0o700, 3: 0o070, 0: 0o007} {
		if ch.copy == mask {
			bits |= (mode >> shift & 7) * 0o111
		}
	}
	bits &= ch.who
	if ch.s {
		bits |= ch.who&0o700<<3&0o4000 | ch.who&0o070<<6&0o2000
	}
	if ch.t {
		bits |= 0o1000
	}
	switch ch.op {
	case '+':
		return mode | bits
	case '-':
		return mode &^ bits
	}
	clear := ch.who
	if !dir { // chmod(1) keeps these bits of directories
		clear |= ch.who&0o700<<3&0o4000 | ch.who&0o070<<6&0o2000
		if ch.who == 0o777 {
			clear |= 0o1000
		}
	}
	return mode&^clear | bits
}
