package logs

import (
	"encoding/json"
	"strings"
	"testing"
)

// A line as JSON holds nothing that a terminal would obey, and is the same line.
func TestJSONSteersNoTerminal(t *testing.T) {
	const line = "a\x1b[31m\u009b31m\u202eb\u2066c\u200e\x7f\u2028d\u0085 é"
	text := string(appendText(nil, []byte(line)))
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || steersTerminal(r) }) {
		t.Errorf("%q", text)
	}
	var back string
	if err := json.Unmarshal([]byte(text), &back); err != nil || back != line {
		t.Errorf("%q: %q, %v", text, back, err)
	}
}
