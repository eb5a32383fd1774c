package journal

import (
	"encoding/binary"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/logs/tag"
	"github.com/mocker-compose/mocker-compose/project"
)

// Container is whose lines are sent.
type Container struct {
	Project, Service string
	Number           int
	Facts            tag.Facts
	Logging          project.Logging
	Labels           map[string]string
	Env              []string // KEY=VALUE
}

// fields are those that all lines of a container have, encoded.
func (c *Container) fields() []byte {
	name := tag.Expand(c.Logging.Tag, c.Facts)
	out := map[string]string{
		"CONTAINER_ID":                        tag.Expand("{{.ID}}", c.Facts),
		"CONTAINER_ID_FULL":                   c.Facts.ID,
		"CONTAINER_NAME":                      c.Facts.Name,
		"CONTAINER_TAG":                       name,
		"IMAGE_NAME":                          c.Facts.Image,
		"SYSLOG_IDENTIFIER":                   name,
		"COM_DOCKER_COMPOSE_PROJECT":          c.Project,
		"COM_DOCKER_COMPOSE_SERVICE":          c.Service,
		"COM_DOCKER_COMPOSE_CONTAINER_NUMBER": strconv.Itoa(c.Number),
	}
	l := &c.Logging
	for k, v := range c.Labels {
		if named(k, l.Labels, l.LabelsRegex) {
			add(out, k, v)
		}
	}
	for _, kv := range c.Env {
		if k, v, ok := strings.Cut(kv, "="); ok && named(k, l.Env, l.EnvRegex) {
			add(out, k, v)
		}
	}
	var b []byte
	for _, k := range slices.Sorted(maps.Keys(out)) {
		b = appendField(b, k, []byte(out[k]))
	}
	return b
}

func named(k string, names []string, pattern string) bool {
	if slices.Contains(names, k) {
		return true
	}
	if pattern == "" {
		return false
	}
	re, err := regexp.Compile(pattern) // the loader has refused others
	return err == nil && re.MatchString(k)
}

// add puts a field of the user's beside ours, which it cannot replace.
func add(fields map[string]string, name, value string) {
	if name = fieldName(name); name != "" {
		if _, ours := fields[name]; !ours && name != "MESSAGE" && name != "PRIORITY" {
			fields[name] = value
		}
	}
}

// fieldName makes a name of the journal: capitals, digits and underscores, beginning
// with a letter, at most 64 (systemd.journal-fields(7)). "" if nothing is left.
func fieldName(s string) string {
	s = strings.TrimLeft(strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return '_'
	}, s), "_0123456789")
	return s[:min(len(s), 64)]
}

// appendField appends a field in the native protocol: NAME=VALUE, or with a length
// where the value has line feeds. A value may be any bytes.
func appendField(b []byte, name string, value []byte) []byte {
	b = append(b, name...)
	if slices.Contains(value, '\n') {
		b = append(b, '\n')
		b = binary.LittleEndian.AppendUint64(b, uint64(len(value)))
	} else {
		b = append(b, '=')
	}
	return append(append(b, value...), '\n')
}
