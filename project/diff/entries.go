package diff

import (
	"reflect"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// maps compares two maps of strings, an entry a line.
func maps(key string, was, is reflect.Value) (list []difference) {
	names := map[string]bool{}
	for _, m := range []reflect.Value{was, is} {
		for _, k := range m.MapKeys() {
			names[k.String()] = true
		}
	}
	at := func(m reflect.Value, name string) (string, bool) {
		v := m.MapIndex(reflect.ValueOf(name))
		if !v.IsValid() {
			return none, false
		}
		if v.Kind() == reflect.String && v.Len() == 0 {
			return `""`, true
		}
		return value(v), true
	}
	for _, name := range sorted(names) {
		a, before := at(was, name)
		b, after := at(is, name)
		if before != after || !reflect.DeepEqual(was.MapIndex(reflect.ValueOf(name)).Interface(), is.MapIndex(reflect.ValueOf(name)).Interface()) {
			list = append(list, difference{key + "." + name, arrow(key+"."+name, a, b)})
		}
	}
	return list
}

func sorted(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// variables compares lists of NAME=VALUE.
func variables(key string, was, is any) []difference {
	a, b := table(was.([]string)), table(is.([]string))
	list := maps(key, reflect.ValueOf(a), reflect.ValueOf(b))
	if len(list) == 0 {
		return []difference{{key, "in another order"}}
	}
	return list
}

// table is a list of NAME=VALUE by name. Of a name alone the variable of the image is
// taken away; where a name comes again, all of its values count.
func table(list []string) map[string]string {
	m := make(map[string]string, len(list))
	for _, entry := range list {
		name, v, ok := strings.Cut(entry, "=")
		if !ok {
			v = "(unset)"
		}
		if old, again := m[name]; again {
			v = old + ", " + v
		}
		m[name] = v
	}
	return m
}

// by compares lists whose entries have a name that tells them apart.
func by[T any](name func(T) string) func(key string, was, is any) []difference {
	return func(key string, was, is any) (list []difference) {
		a, b := was.([]T), is.([]T)
		find := func(all []T, n string) int {
			return slices.IndexFunc(all, func(x T) bool { return name(x) == n })
		}
		for _, x := range a {
			i := find(b, name(x))
			if i < 0 {
				list = append(list, difference{key + "." + name(x), "removed"})
				continue
			}
			list = append(list, walk(key+"."+name(x), reflect.ValueOf(x), reflect.ValueOf(b[i]))...)
		}
		for _, x := range b {
			if find(a, name(x)) < 0 {
				list = append(list, difference{key + "." + name(x), "added"})
			}
		}
		if len(list) == 0 {
			list = append(list, difference{key, "in another order"})
		}
		return list
	}
}

// files are configs and secrets: what is in them is compared, and never shown.
func files(_ string, was, is any) []difference {
	keyOf := func(f project.File) string { return string(f.Kind) + "s." + f.Source }
	var list []difference
	for _, d := range by(keyOf)("", was, is) {
		d.key = strings.TrimPrefix(d.key, ".")
		switch {
		case d.key == "":
			d.key = "configs and secrets"
		case strings.HasSuffix(d.key, ".digest"):
			d = difference{strings.TrimSuffix(d.key, ".digest"), "content changed"}
		case d.text == "changed" || d.text == "added" || d.text == "removed":
		default:
			d.text = strings.ReplaceAll(d.text, "\n", " ")
		}
		list = append(list, d)
	}
	return list
}
