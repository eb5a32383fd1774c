package match

import (
	"bytes"
	"regexp/syntax"
	"strings"
	"unicode"
)

// literal is a text that is looked for; "" = none.
type literal struct {
	text string
	fold bool // in capitals or not; then text is in lower case
	rare int  // index of the letter to look for first, when fold
}

// required finds the longest text that every match of a pattern contains; only: a
// line matches when it has the text, and not else.
func required(pattern string) (l literal, only bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return literal{}, false
	}
	re = re.Simplify()
	l = longestIn(re)
	return l, re.Op == syntax.OpLiteral && l.text != ""
}

// longestIn is the longest text in what re cannot do without.
func longestIn(re *syntax.Regexp) (best literal) {
	switch re.Op {
	case syntax.OpLiteral:
		return literalOf(re)
	case syntax.OpCapture, syntax.OpPlus:
		return longestIn(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if l := longestIn(sub); len(l.text) > len(best.text) {
				best = l
			}
		}
	}
	return best
}

// literalOf is the text of a node, none where cases fold beyond ASCII: the Kelvin
// sign is a k. What would span lines is none either.
func literalOf(re *syntax.Regexp) literal {
	l := literal{text: string(re.Rune), fold: re.Flags&syntax.FoldCase != 0}
	if strings.Contains(l.text, "\n") || strings.ContainsRune(l.text, unicode.ReplacementChar) {
		return literal{}
	}
	if !l.fold {
		return l
	}
	l.text = strings.ToLower(l.text)
	for i := range len(l.text) {
		c := l.text[i]
		if c >= 0x80 || c == 'k' || c == 's' {
			return literal{}
		}
		if strings.IndexByte(frequent, c) < strings.IndexByte(frequent, l.text[l.rare]) {
			l.rare = i
		}
	}
	return l
}

// frequent are letters by how often logs have them, the most often last; others are
// rare.
const frequent = "jqzxkvbyw-.:/_gpfmuhcdlnsiroate 0123456789"

// index is where the text is first in b, -1 if nowhere.
func (l *literal) index(b []byte) int {
	if !l.fold {
		return bytes.Index(b, []byte(l.text))
	}
	low := l.text[l.rare]
	up := low
	if low >= 'a' && low <= 'z' {
		up -= 'a' - 'A'
	}
	nextLow, nextUp := -1, -1
	for from := l.rare; from < len(b); {
		if nextLow < from {
			nextLow = nextByte(b, from, low)
		}
		if nextUp < from {
			nextUp = nextByte(b, from, up)
		}
		at := min(nextLow, nextUp)
		if begin := at - l.rare; at < len(b) && begin+len(l.text) <= len(b) && l.equal(b[begin:]) {
			return begin
		}
		from = at + 1
	}
	return -1
}

// nextByte is where c is next, len(b) if nowhere.
func nextByte(b []byte, from int, c byte) int {
	if i := bytes.IndexByte(b[from:], c); i >= 0 {
		return from + i
	}
	return len(b)
}

func (l *literal) equal(b []byte) bool {
	for i := range len(l.text) {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != l.text[i] {
			return false
		}
	}
	return true
}
