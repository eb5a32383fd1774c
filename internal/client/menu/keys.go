package menu

// filter takes out of what a terminal sends all that is no plain key: arrows and function
// keys, Alt with a key, and what a terminal answers when it is asked. It is a state, since
// such a sequence may come in pieces (ECMA-48 5.4 and 5.6; xterm, "Alt and Meta Keys").
type filter int

const (
	ground  filter = iota
	escape         // ESC has come
	csi            // ESC [ has: up to a final byte
	single         // ESC O has: one more
	text           // ESC ] P X ^ _ has: up to BEL or ESC \
	textEsc        // and ESC in it
)

// key reports that the next byte is a key.
func (f *filter) key(b byte) bool {
	const esc, bel = 0x1b, 0x07
	was := *f
	*f = ground
	switch was {
	case ground:
		if b == esc {
			*f = escape
		}
		return b != esc
	case escape, textEsc:
		switch {
		case b == esc:
			*f = escape
		case was == textEsc && b != '\\':
			*f = text
		case was == textEsc:
		case b == '[':
			*f = csi
		case b == 'O':
			*f = single
		case b == ']' || b == 'P' || b == 'X' || b == '^' || b == '_':
			*f = text
		}
	case csi:
		switch {
		case b == esc:
			*f = escape
		case b >= ' ' && b <= '?':
			*f = csi
		}
	case text:
		switch b {
		case esc:
			*f = textEsc
		case bel:
		default:
			*f = text
		}
	}
	return false
}

// pause: nothing more was there to be read. A terminal sends a sequence at once: an ESC that
// is the last was the key of that name, and what is typed next has nothing to do with it.
func (f *filter) pause() {
	if *f == escape {
		*f = ground
	}
}
