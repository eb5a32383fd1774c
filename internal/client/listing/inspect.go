package listing

import (
	"encoding/json"
	"io"
	"strings"
)

// Inspect prints what is known of things as docker's inspect does: as indented JSON
// ("" for the format), as JSON on one line ("json"), or by a template.
func Inspect[T any](w io.Writer, format string, values []T) error {
	if format != "" && format != "json" {
		return Template(w, format, values)
	}
	j := json.NewEncoder(w)
	if format == "" {
		j.SetIndent("", "    ")
	}
	return j.Encode(values)
}

// Pairs reads options of the form KEY=VALUE, the last of a key counts; nil if there
// are none.
func Pairs(list []string) map[string]string {
	if len(list) == 0 {
		return nil
	}
	m := map[string]string{}
	for _, kv := range list {
		k, v, _ := strings.Cut(kv, "=")
		m[k] = v
	}
	return m
}
