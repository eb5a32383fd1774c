// Package shellword writes texts as words of a shell's, for the commands that messages
// name: who copies one must get what was meant, whatever files and services are called.
package shellword

import (
	"strings"
	"unicode"
)

// harmless are the characters, besides letters and digits, that a shell leaves alone
// wherever they stand in an argument.
const harmless = "/._-+,:@%="

// Quote is text as one word of a POSIX shell's: as it is where that is one, else in quotes.
func Quote(text string) string {
	special := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(harmless, r)
	}
	if text != "" && strings.IndexFunc(text, special) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
