package userspec

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxID is the largest id: the one above means "no change" to setresuid(2).
const maxID = 1<<32 - 2

// maxName bounds a name, in bytes (LOGIN_NAME_MAX of limits.h).
const maxName = 256

// Spec is a user as it was written, in its parts.
type Spec struct {
	user, group who
	withGroup   bool
	text        string
}

// who is a number, or a name if it is not "".
type who struct {
	name string
	id   uint32
}

// Parse reads USER or USER:GROUP; "" is user 0.
func Parse(text string) (Spec, error) {
	s := Spec{text: text}
	if text == "" {
		return s, nil
	}
	user, group, withGroup := strings.Cut(text, ":")
	if strings.Contains(group, ":") {
		return s, fmt.Errorf("user %s: more than one colon: write USER or USER:GROUP", quote(text))
	}
	var err error
	if s.user, err = parseWho("user", user); err != nil {
		return s, fmt.Errorf("user %s: %w", quote(text), err)
	}
	if withGroup {
		s.withGroup = true
		if s.group, err = parseWho("group", group); err != nil {
			return s, fmt.Errorf("user %s: %w", quote(text), err)
		}
	}
	return s, nil
}

// CheckGroup reports what is wrong with an entry of group_add.
func CheckGroup(text string) error {
	if _, err := parseWho("group", text); err != nil {
		return fmt.Errorf("group %s: %w", quote(text), err)
	}
	return nil
}

// parseWho reads one part; kind is "user" or "group", for the message.
func parseWho(kind, text string) (who, error) {
	switch {
	case text == "":
		return who{}, fmt.Errorf("the %s is empty: was a variable not set?", kind)
	case text[0] >= '0' && text[0] <= '9':
		id, err := parseID(text)
		return who{id: id}, err
	case text[0] == '-' || text[0] == '+':
		return who{}, fmt.Errorf("%s begins with a sign: an id is a decimal number from 0 to %d", quote(text), uint32(maxID))
	}
	return who{name: text}, checkName(text)
}

// parseID reads a decimal number without sign or leading zeros.
func parseID(text string) (uint32, error) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, fmt.Errorf("%s is neither a decimal number nor a name", quote(text))
		}
	}
	if len(text) > 1 && text[0] == '0' {
		return 0, fmt.Errorf("%s begins with 0, which some read as octal: write the decimal number", quote(text))
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n > maxID {
		return 0, fmt.Errorf("%s is larger than the largest id, %d", quote(text), uint32(maxID))
	}
	return uint32(n), nil
}

func checkName(name string) error {
	if len(name) > maxName {
		return fmt.Errorf("the name is longer than %d bytes", maxName)
	}
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		other := i > 0 && (c >= '0' && c <= '9' || strings.IndexByte("._-@+", c) >= 0)
		machine := i > 0 && i == len(name)-1 && c == '$'
		if !letter && !other && !machine {
			return fmt.Errorf("%s is not a name: it has %s, and may have letters, digits and . _ - @ + only", quote(name), quote(string(rune(c))))
		}
	}
	return nil
}

// quote shows text that may be anything, in bounded length.
func quote(text string) string {
	if len(text) > 64 {
		text = text[:64] + "…"
	}
	return strconv.QuoteToASCII(text)
}

// errUnknown is wrapped by errors about names that no file has.
var errUnknown = errors.New("unknown")
