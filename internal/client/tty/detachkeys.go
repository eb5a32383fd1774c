package tty

import (
	"fmt"
	"io"
	"strings"
)

// defaultDetachKeys is docker's sequence that leaves a container's terminal.
const defaultDetachKeys = "ctrl-p,ctrl-q"

// ParseKeys reads a sequence of keys as docker does: single characters, or
// ctrl- with a letter or one of @ [ \ ] ^ _, separated by commas.
func ParseKeys(text string) ([]byte, error) {
	if text == "" {
		text = defaultDetachKeys
	}
	var keys []byte
	for _, key := range strings.Split(text, ",") {
		c := strings.ToLower(strings.TrimPrefix(key, "ctrl-"))
		switch {
		case len(key) == 1:
			keys = append(keys, key[0])
		case len(key) != len("ctrl-x") || len(c) != 1:
			return nil, fmt.Errorf("--detach-keys: unknown key %q: use a character, or ctrl- with a letter or one of @ [ \\ ] ^ _", key)
		case c[0] >= 'a' && c[0] <= 'z':
			keys = append(keys, c[0]-'a'+1)
		case c[0] == '@':
			keys = append(keys, 0)
		case strings.IndexByte(`[\]^_`, c[0]) >= 0:
			keys = append(keys, c[0]-'@')
		default:
			return nil, fmt.Errorf("--detach-keys: unknown key %q: use a character, or ctrl- with a letter or one of @ [ \\ ] ^ _", key)
		}
	}
	return keys, nil
}

// detacher finds the keys in what is typed. The beginning of a sequence is held
// back until it is certain that it is none.
type detacher struct {
	keys []byte
	held int // so many of keys have been typed
}

// pass writes what is typed to w, without the sequence; found: it is complete,
// and what follows it is dropped.
func (d *detacher) pass(w io.Writer, typed []byte) (found bool, err error) {
	out := make([]byte, 0, len(typed)+len(d.keys))
	for _, c := range typed {
		if c == d.keys[d.held] {
			if d.held++; d.held == len(d.keys) {
				_, err := w.Write(out)
				return true, err
			}
			continue
		}
		out = append(out, d.keys[:d.held]...)
		d.held = 0
		if c == d.keys[0] && len(d.keys) > 1 {
			d.held = 1
			continue
		}
		out = append(out, c)
	}
	_, err = w.Write(out)
	return false, err
}
