package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"
)

// style is how the tour looks: with colours and pauses on a terminal, plain
// and quick elsewhere.
type style struct {
	colour bool
	pause  time.Duration // after each step, for the reader
}

func styleFor(f *os.File) style {
	if !term.IsTerminal(int(f.Fd())) {
		return style{}
	}
	return style{colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", pause: 900 * time.Millisecond}
}

// The select graphic rendition codes that the tour uses (ECMA-48 section 8.3.117).
const (
	bold  = "1"
	faint = "2"
	green = "32"
	blue  = "1;36"
)

func (s style) paint(code, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// title opens a step: its number and what it is about.
func (s style) title(n int, text string) {
	fmt.Printf("\n%s %s\n", s.paint(blue, fmt.Sprintf("%d.", n)), s.paint(bold, text))
}

// prompt shows a command as it would be typed.
func (s style) prompt(command string) {
	fmt.Printf("   %s %s\n", s.paint(green, "$"), command)
}

// good tells what has just been seen.
func (s style) good(format string, args ...any) {
	fmt.Printf("   %s %s\n", s.paint(green, "✓"), fmt.Sprintf(format, args...))
}
