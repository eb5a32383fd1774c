package document

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxFaults bounds the faults that are told at once.
const maxFaults = 20

// Faults gathers faults of files, so that all that is wrong can be mended at once.
// The zero value has none.
type Faults struct {
	list  []*Error
	other error // what is no fault of a file: it ends everything
}

// Add adds an error, nil for none, and tells whether to go on looking. Of two at one
// line the first counts: the other may follow from it.
func (f *Faults) Add(err error) (goOn bool) {
	var e *Error
	switch {
	case err == nil:
		return f.other == nil
	case !errors.As(err, &e):
		if f.other == nil {
			f.other = err
		}
		return false
	}
	for _, one := range append([]*Error{e}, e.More...) {
		same := func(o *Error) bool {
			return o.File == one.File && o.Line == one.Line && (one.Line > 0 || o.Message == one.Message)
		}
		if !slices.ContainsFunc(f.list, same) {
			alone := *one
			alone.More = nil
			f.list = append(f.list, &alone)
		}
	}
	return true
}

// Err is what was gathered, nil for nothing: an *Error with the others below it, in the order of
// their lines within a file.
func (f *Faults) Err() error {
	if f.other != nil {
		return f.other
	}
	if len(f.list) == 0 {
		return nil
	}
	files := []string{}
	for _, e := range f.list {
		if !slices.Contains(files, e.File) {
			files = append(files, e.File)
		}
	}
	slices.SortStableFunc(f.list, func(a, b *Error) int {
		if a.File != b.File {
			return slices.Index(files, a.File) - slices.Index(files, b.File)
		}
		return a.Line - b.Line
	})
	f.list[0].More = f.list[1:]
	return f.list[0]
}

// more is the text of the other faults, a line each.
func (e *Error) more() string {
	var b strings.Builder
	for i, o := range e.More {
		if i == maxFaults-1 {
			fmt.Fprintf(&b, "\nand %d more", len(e.More)-i)
			break
		}
		b.WriteString("\n" + o.line())
	}
	return b.String()
}
