package diff

import (
	"fmt"
	"reflect"

	"github.com/mocker-compose/mocker-compose/project"
)

// Need is what a container needs so that a changed value holds, the least first.
type Need int

// The needs.
const (
	Nothing Need = iota
	Update
	Restart
	Recreate
)

var needs = [...]string{"nothing", "update in place", "restart", "recreate"}

// String is the need in words.
func (n Need) String() string {
	if n < 0 || int(n) >= len(needs) {
		return fmt.Sprintf("invalid(%d)", int(n))
	}
	return needs[n]
}

// MarshalText writes the words.
func (n Need) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads the words.
func (n *Need) UnmarshalText(b []byte) error {
	for i, word := range needs {
		if word == string(b) {
			*n = Need(i)
			return nil
		}
	}
	return fmt.Errorf("unknown need %q", b)
}

// Change is one difference.
type Change struct {
	Key  string `json:"key"`  // "environment.LOG_LEVEL"; "" = that is not known
	Text string `json:"text"` // "info -> debug"
	Need Need   `json:"needs"`
	// Field is the name of the field of project.Service.
	Field string `json:"-"`
}

// String is the difference in one line: "environment.LOG_LEVEL: info -> debug".
func (c Change) String() string {
	if c.Key == "" {
		return c.Text
	}
	return c.Key + ": " + c.Text
}

// Compare lists what differs, in the order of the fields; steps of pre_start come last.
func Compare(was, is *project.Service) (list []Change) {
	a, b := reflect.ValueOf(was).Elem(), reflect.ValueOf(is).Elem()
	index := index()
	for i := range index {
		f := &index[i]
		x, y := a.FieldByIndex(f.index), b.FieldByIndex(f.index)
		if f.name == "PreStart" || same(x, y) {
			continue
		}
		need := f.need
		if f.weigh != nil {
			need = f.weigh(was, is)
		}
		for _, d := range f.words(x, y) {
			list = append(list, Change{Key: d.key, Text: d.text, Need: need, Field: f.name})
		}
	}
	return append(list, steps(was, is, list)...)
}

// same is equality, with nothing and an empty list or map being the same.
func same(x, y reflect.Value) bool {
	switch x.Kind() {
	case reflect.Slice, reflect.Map:
		if x.Len() == 0 && y.Len() == 0 {
			return true
		}
	}
	return reflect.DeepEqual(x.Interface(), y.Interface())
}

// Highest is the most that any of the changes needs.
func Highest(list []Change) Need {
	most := Nothing
	for _, c := range list {
		most = max(most, c.Need)
	}
	return most
}

// Without leaves out the changes of some fields.
func Without(list []Change, fields ...string) (out []Change) {
	for _, c := range list {
		keep := true
		for _, f := range fields {
			keep = keep && c.Field != f
		}
		if keep {
			out = append(out, c)
		}
	}
	return out
}

// Copy gives dst the values that src has of the fields of the changes, its steps too.
func Copy(dst, src *project.Service, changes []Change) {
	to, from := reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem()
	for _, c := range changes {
		if f, ok := to.Type().FieldByName(c.Field); ok {
			to.FieldByIndex(f.Index).Set(from.FieldByIndex(f.Index))
		}
	}
	eachStep(dst, src, func(dst, src *project.Service) { Copy(dst, src, changes) })
}

// CopyNeutral gives dst the values that src has of all fields that containers do not
// read: a change of theirs needs nothing. Steps of pre_start take over their limits and
// networks too, for the next time that they are carried out.
func CopyNeutral(dst, src *project.Service) {
	to, from := reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem()
	index := index()
	for i := range index {
		if f := &index[i]; f.need == Nothing {
			to.FieldByIndex(f.index).Set(from.FieldByIndex(f.index))
		}
	}
	eachStep(dst, src, func(dst, src *project.Service) {
		CopyNeutral(dst, src)
		dst.Resources, dst.Endpoints = src.Resources, src.Endpoints
	})
}
