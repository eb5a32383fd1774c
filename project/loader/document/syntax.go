package document

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// yamlLine finds the line in the text of an error of the parser.
var yamlLine = regexp.MustCompile(`(?s)^(?:yaml: )?(?:[a-z ]*error[a-z ]*: *)?(?:\n *)?line (\d+)(?:, column \d+)?: (.*)$`)

// syntaxError moves the line from the text of a YAML error to where ours is.
func (s *File) syntaxError(err error) error {
	e := &Error{File: s.Name, Message: "not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: "), Err: err}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Message = "not valid YAML: " + m[2]
	}
	if e.Line == 0 {
		e.Line = s.badByte()
	}
	e.Hint = syntaxHint(e.Message, s.line(e.Line), s.line(e.Line-1))
	return e
}

// line is the text of a line, from 1, without white space around it but tabs.
func (s *File) line(n int) string {
	lines := bytes.Split(s.Data, []byte("\n"))
	if n < 1 || n > len(lines) {
		return ""
	}
	return strings.Trim(string(lines[n-1]), " \r")
}

// badByte is the line of what cannot be in a text.
func (s *File) badByte() int {
	line := 1
	for b := s.Data; len(b) > 0; {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\t' && r != '\r' && r != '\n':
			return line
		case r == '\n':
			line++
		}
		b = b[size:]
	}
	return 0
}

// glued is the remedy for a line whose value is glued to its key or to its dash, which makes
// both one text: image:busybox, -"80:80". It is "" for others.
func glued(line, where string) string {
	item := strings.TrimPrefix(line, "- ")
	key, value, found := strings.Cut(item, ":")
	isKey := key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
	if found && isKey && key[0] != '-' && value != "" && !strings.ContainsRune(` \t:/\`, rune(value[0])) {
		return fmt.Sprintf("write a space behind the colon%s: %s: %s", where, key, value)
	}
	return GluedItem(line, where)
}

// GluedItem is the same for items of lists alone; where tells which line is meant, "" if that
// is clear.
func GluedItem(line, where string) string {
	if rest, found := strings.CutPrefix(line, "-"); found && rest != "" && !strings.ContainsRune(" \t-", rune(rest[0])) {
		return fmt.Sprintf("write a space behind the dash%s: - %s", where, rest)
	}
	return ""
}

// syntaxHint is what mends a fault of the syntax, as far as it can be told from its line and the
// one above.
func syntaxHint(message, line, above string) string {
	has := func(s string) bool { return strings.Contains(message, s) }
	_, value, _ := strings.Cut(line, ": ")
	value = strings.TrimLeft(strings.TrimPrefix(value, "- "), " ")
	switch {
	case strings.HasPrefix(line, "\t") || has("cannot start any token") && strings.Contains(line, "\t"):
		return "indent by spaces, not by tabs"
	case has("cannot start any token") && value != "":
		return fmt.Sprintf("put the value into quotes: it begins with %s", value[:1])
	case has("mapping values are not allowed") && glued(above, "") != "":
		return glued(above, " in the line above")
	case has("could not find expected ':'") && glued(above, "") != "":
		return glued(above, " in the line above")
	case has("could not find expected ':'"):
		return "end the key with a colon and a space"
	case has("mapping values are not allowed"):
		return "check the indentation, and put a value with a colon and a space into quotes"
	case has("unknown anchor"):
		return "define it above with &, or put a value that begins with * into quotes"
	case has("unexpected end of stream"):
		return "close the quote"
	case has("did not find expected ',' or"):
		return "close the bracket"
	case has("did not find expected"):
		return "check the indentation here and in the line above"
	case has("UTF-8"):
		return "save the file as UTF-8"
	case has("control characters"):
		return "remove the character: a compose file is plain text"
	}
	return ""
}

// keys wants the keys of a mapping to be texts, each once: the library tells neither
// with its name.
func keys(n *yaml.Node) *budgetError {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := Target(n.Content[i])
		if err := plain(k, n.Content[i+1]); err != nil {
			return err
		}
		if k.Kind != yaml.ScalarNode {
			return &budgetError{k.Line, "a mapping or a list cannot be a key", "put a value that begins with { or [ into quotes; {{ }} is for programs that fill in templates"}
		}
		if first, ok := seen[k.Value]; ok && k.Value != "<<" {
			return &budgetError{n.Content[i].Line, fmt.Sprintf("the key %q stands there twice, first in line %d", k.Value, first), "remove one of them"}
		}
		seen[k.Value] = n.Content[i].Line
	}
	return nil
}

// plain wants keys to have the spaces of keyboards only, and merges to have something to
// merge: what the library says of them helps nobody.
func plain(key, value *yaml.Node) *budgetError {
	if key.Value == "<<" && key.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 && !mergeable(value) {
		return &budgetError{key.Line, "<< merges mappings, and nothing else", "write the name of an anchor of a mapping: <<: *common"}
	}
	for _, r := range key.Value {
		if r != ' ' && (unicode.IsSpace(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r)) {
			return &budgetError{key.Line, fmt.Sprintf("the key %q has the character %U, which looks like a space or like nothing", key.Value, r),
				"delete it, and type the indentation anew: it was copied from a page or a chat"}
		}
	}
	return nil
}

// mergeable reports a mapping, or a list of mappings.
func mergeable(n *yaml.Node) bool {
	n = Target(n)
	if n.Kind != yaml.SequenceNode {
		return n.Kind == yaml.MappingNode
	}
	return !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return Target(c).Kind != yaml.MappingNode })
}
