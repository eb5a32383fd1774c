package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the result: ours, what it is compared with, and the bound.
type row struct {
	what        string
	ours, other string
	ratio       float64
	bound       float64
	atLeast     bool   // the bound is a least ratio, not a most
	unit        string // of bound when it is no ratio
	told        bool   // there is no bound
}

// ratio adds a line that compares two durations: ours may take most times the other's.
func (b *bench) ratio(what string, ours, other []time.Duration, most float64) {
	o, t := median(ours), median(other)
	b.add(row{what: what, ours: short(o), other: short(t), ratio: float64(o) / float64(t), bound: most})
}

// speed adds a line that compares two speeds, given as the time for the same
// bytes: ours must be at least least times the other's.
func (b *bench) speed(what string, bytes int64, ours, other []time.Duration, least float64) {
	o, t := median(ours), median(other)
	b.add(row{what: what, ours: perSecond(bytes, o), other: perSecond(bytes, t), ratio: float64(t) / float64(o), bound: least, atLeast: true})
}

// times adds a line that compares two durations: the other's must be at least
// least times ours.
func (b *bench) times(what string, ours, other []time.Duration, least float64) {
	o, t := median(ours), median(other)
	b.add(row{what: what, ours: short(o), other: short(t), ratio: float64(t) / float64(o), bound: least, atLeast: true})
}

// absolute adds a line with a bound in its own unit.
func (b *bench) absolute(what string, value, most float64, unit string) {
	b.add(row{what: what, ours: fmt.Sprintf("%.3g %s", value, unit), other: "-", ratio: value, bound: most, unit: unit})
}

func (b *bench) add(r row) {
	if !r.reached() {
		b.missed++
	}
	b.rows = append(b.rows, r)
}

func (r row) reached() bool {
	if r.told {
		return true
	}
	if r.atLeast {
		return r.ratio >= r.bound
	}
	return r.ratio <= r.bound
}

// skip notes what was not measured, and why.
func (b *bench) skip(what, why string) {
	b.skips = append(b.skips, what+": "+strings.TrimSpace(why))
}

func (b *bench) report(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tours\tother\tratio\tbound\t")
	for _, r := range b.rows {
		ratio, bound, verdict := r.columns()
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.ours, r.other, ratio, bound, verdict)
	}
	t.Flush()
	for _, s := range b.skips {
		fmt.Fprintf(w, "not measured: %s\n", s)
	}
}

func (r row) columns() (ratio, bound, verdict string) {
	ratio, bound, verdict = fmt.Sprintf("%.2f", r.ratio), "≤", "reached"
	if r.atLeast {
		bound = "≥"
	}
	if r.unit == "" {
		bound += fmt.Sprintf(" %.2f", r.bound)
	} else {
		ratio = "-"
		bound += fmt.Sprintf(" %g %s", r.bound, r.unit)
	}
	switch {
	case r.told:
		bound, verdict = "-", "-"
	case !r.reached():
		verdict = "MISSED"
	}
	return ratio, bound, verdict
}

func median(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(d))
	return s[len(s)/2]
}

func short(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.2f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.3f s", d.Seconds())
}

func perSecond(bytes int64, d time.Duration) string {
	return fmt.Sprintf("%.0f MB/s", float64(bytes)/1e6/d.Seconds())
}
