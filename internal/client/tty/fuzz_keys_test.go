package tty

import (
	"bytes"
	"testing"
)

// FuzzDetacher: however what is typed is cut into reads, it comes out as it went
// in up to the first sequence of keys, but for what may still become one.
func FuzzDetacher(f *testing.F) {
	f.Add([]byte("ab\x10\x11c"), []byte("\x10\x11"), 1)
	f.Add([]byte("aaab"), []byte("aab"), 2)
	f.Add([]byte("\x10\x10\x11"), []byte("\x10\x11"), 3)
	f.Fuzz(func(t *testing.T, typed, keys []byte, cut int) {
		if len(keys) == 0 {
			return
		}
		d := &detacher{keys: keys}
		var out bytes.Buffer
		rest, found := typed, false
		for len(rest) > 0 && !found {
			n := min(len(rest), 1+(cut&7))
			var err error
			if found, err = d.pass(&out, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		switch {
		case found && !bytes.Contains(typed, keys):
			t.Fatalf("found %q in %q", keys, typed)
		case found && !bytes.HasPrefix(typed, append(bytes.Clone(out.Bytes()), keys...)):
			t.Fatalf("before %q in %q came %q", keys, typed, out.Bytes())
		case !found && !bytes.Equal(typed, append(bytes.Clone(out.Bytes()), keys[:d.held]...)):
			t.Fatalf("%q came out as %q, held %q", typed, out.Bytes(), keys[:d.held])
		}
	})
}
