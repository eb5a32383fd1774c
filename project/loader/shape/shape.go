// Package shape tells files apart that the schema of the compose specification accepts
// for certain, so that the schema need not be compiled for them: that costs ten times
// the rest of a small load.
package shape

import (
	"strings"
	"sync"
)

// A shape recognises values that the schema of the compose specification is
// known to accept. It may say no to what the schema accepts, never yes to what
// it refuses (the tests hold it against the schema).
type shape func(value any, expand func(string) string) bool

func isText(v any, _ func(string) string) bool { _, ok := v.(string); return ok }
func isBool(v any, _ func(string) string) bool { _, ok := v.(bool); return ok }
func isNull(v any, _ func(string) string) bool { return v == nil }
func isInt(v any, _ func(string) string) bool  { _, ok := v.(int); return ok }

// isAmount accepts numbers, with a fraction or not, and texts.
func isAmount(v any, _ func(string) string) bool {
	switch v.(type) {
	case int, float64, string:
		return true
	}
	return false
}

// either accepts what one of the shapes accepts.
func either(shapes ...shape) shape {
	return func(v any, expand func(string) string) bool {
		for _, s := range shapes {
			if s(v, expand) {
				return true
			}
		}
		return false
	}
}

// listOf accepts lists of such items.
func listOf(item shape) shape {
	return func(v any, expand func(string) string) bool {
		list, ok := v.([]any)
		if !ok {
			return false
		}
		for _, i := range list {
			if !item(i, expand) {
				return false
			}
		}
		return true
	}
}

// setOf accepts lists of texts, or of such mappings, in which no text stands
// twice. Variables are expanded first: two may have one value. Of mappings,
// which are dear to compare, it accepts one.
func setOf(items ...shape) shape {
	item := listOf(either(append(items, isText)...))
	return func(v any, expand func(string) string) bool {
		if !item(v, expand) {
			return false
		}
		seen, others := map[string]bool{}, 0
		for _, i := range v.([]any) {
			s, ok := i.(string)
			if !ok {
				others++
				continue
			}
			if s = expand(s); seen[s] {
				return false
			}
			seen[s] = true
		}
		return others < 2
	}
}

// oneOf accepts these texts.
func oneOf(words ...string) shape {
	return func(v any, _ func(string) string) bool {
		s, ok := v.(string)
		for _, w := range words {
			ok = ok && s != w
		}
		return isText(v, nil) && !ok
	}
}

// mapOf accepts mappings of plain names to such values.
func mapOf(value shape) shape {
	return func(v any, expand func(string) string) bool {
		m, ok := v.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range m {
			if !plainName(k) || !value(v, expand) {
				return false
			}
		}
		return true
	}
}

// keys accepts mappings that have only these keys, and all of the required.
func keys(known map[string]shape, required ...string) shape {
	return func(v any, expand func(string) string) bool {
		m, ok := v.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range m {
			if s := known[k]; s == nil || !s(v, expand) {
				return false
			}
		}
		for _, r := range required {
			if _, ok := m[r]; !ok {
				return false
			}
		}
		return true
	}
}

// only accepts mappings with this key alone, which is a text.
func only(key string) shape { return keys(map[string]shape{key: isText}, key) }

// plainName accepts names that every pattern of the schema accepts.
func plainName(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", r) {
			return false
		}
	}
	return s != ""
}

// isContainerName accepts names of two and more plain characters.
func isContainerName(v any, _ func(string) string) bool {
	s, ok := v.(string)
	return ok && len(s) > 1 && plainName(s) && !strings.ContainsAny(s[:1], "._-")
}

// WellFormed reports that the schema accepts the file for certain.
func WellFormed(file map[string]any, expand func(string) string) bool {
	for k, v := range file {
		if s := topShape()[k]; !strings.HasPrefix(k, "x-") && (s == nil || !s(v, expand)) {
			return false
		}
	}
	return true
}

var topShape = sync.OnceValue(func() map[string]shape {
	dict := either(mapOf(either(isText, isInt, isBool, isNull)), setOf())
	return map[string]shape{
		"name":     isText,
		"services": mapOf(keys(serviceShape(dict))),
		"networks": mapOf(either(isNull, networkShape(dict))),
		"volumes":  mapOf(either(isNull, keys(map[string]shape{"name": isText, "driver": isText, "labels": dict}))),
		// One origin each: that is not the schema's to say, but is checked with it.
		"configs": mapOf(either(only("file"), only("environment"), only("content"))),
		"secrets": mapOf(either(only("file"), only("environment"))),
	}
})
