package diff

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// difference is one line: the key, and what was and is.
type difference struct{ key, text string }

// none stands for a value that is not there.
const none = "(none)"

// longest is how many characters of a value are shown.
const longest = 60

// before is how many characters are shown of a long beginning that two values share.
const before = 15

// words says how the two values of a field differ.
func (f *place) words(was, is reflect.Value) []difference {
	if f.show != nil {
		return f.show(f.key, was.Interface(), is.Interface())
	}
	return walk(f.key, was, is)
}

// walk goes down into structs and maps, so that a line is about one value.
func walk(key string, was, is reflect.Value) (list []difference) {
	if same(was, is) {
		return nil
	}
	switch was.Kind() {
	case reflect.Pointer:
		if was.Type().Elem().Kind() == reflect.Struct && (!was.IsNil() || !is.IsNil()) {
			return walk(key, orZero(was), orZero(is))
		}
	case reflect.Struct:
		for i := range was.NumField() {
			list = append(list, walk(key+"."+tag(was.Type().Field(i)), was.Field(i), is.Field(i))...)
		}
		return list
	case reflect.Map:
		return maps(key, was, is)
	case reflect.Uint32:
		if strings.HasSuffix(key, ".mode") { // permission bits, as the file has them
			return []difference{{key, fmt.Sprintf("%04o -> %04o", was.Uint(), is.Uint())}}
		}
	}
	return []difference{{key, arrow(key, value(was), value(is))}}
}

// orZero is what a pointer points at, or a value of its type.
func orZero(p reflect.Value) reflect.Value {
	if p.IsNil() {
		return reflect.Zero(p.Type().Elem())
	}
	return p.Elem()
}

// tag is the name of a field as JSON has it.
func tag(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" || name == "-" {
		return strings.ToLower(f.Name)
	}
	return name
}

// arrow is "a -> b", or that it changed where the key names something confidential.
func arrow(key, was, is string) string {
	switch {
	case !confidential(key):
		was, is = shortened(was, is)
		return was + " -> " + is
	case was == none:
		return "added"
	case is == none:
		return "removed"
	}
	return "changed"
}

// confidential reports that the name of a value says that it is not for all eyes.
func confidential(key string) bool {
	key = strings.ToLower(key[strings.IndexByte(key, '.')+1:])
	for _, word := range []string{"passw", "secret", "token", "credential", "passphrase", "apikey", "api_key", "private_key", "access_key", "auth", "_key", "_dsn", "_pwd", "database_url"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// value is a value in words.
func value(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		if x == 0 {
			return none
		}
		return x.String()
	case []string:
		return argv(x)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return none
		}
		return value(v.Elem())
	case reflect.String:
		return text(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Slice:
		return list(v)
	case reflect.Struct:
		return fieldsOf(v)
	}
	if v.IsZero() {
		return none
	}
	return fmt.Sprint(v.Interface())
}

// text is a string, quoted where it would not be seen or would break the line.
func text(s string) string {
	switch {
	case s == "":
		return none
	case strings.TrimSpace(s) != s || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return strconv.Quote(s)
	}
	return s
}

// argv is a list of words as the file has it.
func argv(words []string) string {
	if len(words) == 0 {
		return none
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = w
		if w == "" || strings.ContainsFunc(w, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || !unicode.IsPrint(r) }) {
			quoted[i] = strconv.Quote(w)
		}
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func list(v reflect.Value) string {
	if v.Len() == 0 {
		return none
	}
	var out []string
	for i := range v.Len() {
		out = append(out, value(v.Index(i)))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// fieldsOf names what of a struct is not zero.
func fieldsOf(v reflect.Value) string {
	var out []string
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() {
			out = append(out, tag(v.Type().Field(i))+" "+value(f))
		}
	}
	if len(out) == 0 {
		return none
	}
	return strings.Join(out, ", ")
}

// shortened keeps two values within their bounds, and what differs in sight: of a long
// beginning that they share little is left.
func shortened(was, is string) (string, string) {
	a, b := []rune(was), []rune(is)
	skip := 0
	if len(a) > longest || len(b) > longest {
		for skip < min(len(a), len(b)) && a[skip] == b[skip] {
			skip++
		}
		if skip -= before; skip < before {
			skip = 0
		}
	}
	return window(a, skip), window(b, skip)
}

// window is what is shown of a value from a place on.
func window(r []rune, skip int) string {
	start := ""
	if skip > 0 {
		r, start = r[skip:], "…"
	}
	if len(r) > longest {
		r = append(r[:longest-1:longest-1], '…')
	}
	return start + string(r)
}
