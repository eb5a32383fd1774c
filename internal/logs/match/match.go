// Package match decides which log lines are wanted: by patterns, by level.
//
// A line is wanted when one of the patterns matches it (none, when inverted), and its
// level is in the span. Patterns are those of package regexp (RE2: linear in the
// line's length, whatever the pattern is), and never match across lines.
//
// # Speed
//
// Most patterns have a text that every match contains. [Filter.Skip] looks for these
// texts in whole blocks, without finding lines, and only lines that have one are
// matched. A pattern that is nothing but a text needs no matching at all.
package match

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/logs/level"
)

// Filter chooses lines. It is not changed by use; a nil one wants all lines.
type Filter struct {
	patterns    []pattern
	invert      bool
	least, most level.Level // None = no matter
}

type pattern struct {
	re   *regexp.Regexp
	text literal // in every match
	only bool    // the text is the whole pattern
}

// New makes a filter of patterns, of which one must match, or with invert none, and
// of levels: "warn" is that and what is more severe, "info..warn" is a span. "" is
// every line, those without a level included. The filter is nil when all is wanted.
func New(patterns []string, invert bool, levels string) (*Filter, error) {
	if invert && len(patterns) == 0 {
		return nil, fmt.Errorf("--invert needs --grep")
	}
	f := &Filter{invert: invert}
	for _, p := range patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("--grep %q: %w (the syntax is RE2's; write \\ before a character that is meant as it is)", p, err)
		}
		text, only := required(p)
		f.patterns = append(f.patterns, pattern{re, text, only})
	}
	if err := f.span(levels); err != nil {
		return nil, err
	}
	if len(f.patterns) == 0 && f.least == level.None {
		return nil, nil
	}
	return f, nil
}

func (f *Filter) span(levels string) error {
	if levels == "" {
		return nil
	}
	from, to, bounded := strings.Cut(levels, "..")
	least, ok := level.Parse(from)
	most, ok2 := level.Fatal, true
	if bounded && to != "" {
		most, ok2 = level.Parse(to)
	}
	if !ok || !ok2 {
		return fmt.Errorf("invalid --level %q: use one of %s, or a span such as info..warn", levels, strings.Join(level.Names(), ", "))
	}
	f.least, f.most = min(least, most), max(least, most)
	return nil
}

// ByLevel reports that the level of a line matters.
func (f *Filter) ByLevel() bool { return f != nil && f.least != level.None }

// Patterns reports that the text of a line matters.
func (f *Filter) Patterns() bool { return f != nil && len(f.patterns) > 0 }

// Level is the level of a line; one that continues another has that one's.
func (f *Filter) Level(line []byte, before level.Level) level.Level {
	l := level.Of(line)
	if l == level.None && level.Continues(line) {
		return before
	}
	return l
}

// WantsLevel reports that lines of a level are wanted.
func (f *Filter) WantsLevel(l level.Level) bool {
	return !f.ByLevel() || l >= f.least && l <= f.most
}

// WantsText reports that the patterns let a line pass. A line feed at its end is no
// part of it.
func (f *Filter) WantsText(line []byte) bool {
	if !f.Patterns() {
		return true
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	return f.invert != slices.ContainsFunc(f.patterns, func(p pattern) bool { return p.matches(line) })
}

func (p *pattern) matches(line []byte) bool {
	if p.text.text != "" && p.text.index(line) < 0 {
		return false
	}
	return p.only || p.re.Match(line)
}

// Skip returns how many bytes of b, which begins with a line, hold no line that can be
// wanted. It ends at the beginning of a line, or of what is no whole line yet.
func (f *Filter) Skip(b []byte) int {
	if f == nil || f.invert || f.ByLevel() {
		return 0
	}
	first := len(b)
	for i := range f.patterns {
		p := &f.patterns[i]
		if p.text.text == "" {
			return 0
		}
		if n := p.text.index(b[:first]); n >= 0 {
			first = n
		}
	}
	return bytes.LastIndexByte(b[:first], '\n') + 1
}

// Spans are the places that the patterns match in a text: begin and end of each, in
// order, none within another.
func (f *Filter) Spans(line []byte) (spans [][2]int) {
	if !f.Patterns() || f.invert {
		return nil
	}
	for i := range f.patterns {
		for _, at := range f.patterns[i].re.FindAllIndex(line, -1) {
			if at[0] < at[1] {
				spans = append(spans, [2]int{at[0], at[1]})
			}
		}
	}
	slices.SortFunc(spans, func(a, b [2]int) int { return a[0] - b[0] })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s[0] < out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], s[1])
			continue
		}
		out = append(out, s)
	}
	return out
}
