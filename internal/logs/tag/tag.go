// Package tag reads the tag of a log driver: a text with places for what is known
// of the container, such as "{{.ImageName}}/{{.Name}}/{{.ID}}".
//
// It is the subset of docker's templates that its documentation lists: fields, and
// nothing that computes. The package text/template is left out on purpose: it costs
// every start of the program some tenths of a millisecond.
package tag

import (
	"fmt"
	"slices"
	"strings"
)

// Default is docker's: the short id.
const Default = "{{.ID}}"

// Facts are what a tag may name.
type Facts struct {
	ID, Name, Image, ImageID string // full ids
}

// fields are the names of facts, as docker has them.
var fields = []string{"ID", "FullID", "Name", "ImageName", "ImageID", "ImageFullID", "DaemonName"}

// shortID is how many characters docker shows of an id.
const shortID = 12

func (f Facts) field(name string) string {
	switch name {
	case "ID":
		return short(f.ID)
	case "FullID":
		return f.ID
	case "Name":
		return f.Name
	case "ImageName":
		return f.Image
	case "ImageID":
		return short(f.ImageID)
	case "ImageFullID":
		return f.ImageID
	}
	return "mocker-compose" // DaemonName: who keeps the log
}

func short(id string) string {
	_, hex, named := strings.Cut(id, ":")
	if !named {
		hex = id
	}
	return hex[:min(shortID, len(hex))]
}

// Check says what is wrong with a template, nil if nothing is.
func Check(template string) error {
	_, err := expand(template, Facts{})
	return err
}

// Expand puts the facts into a template; "" is the default one. One that Check
// refuses is given back as it is.
func Expand(template string, f Facts) string {
	if template == "" {
		template = Default
	}
	text, err := expand(template, f)
	if err != nil {
		return template
	}
	return text
}

func expand(template string, f Facts) (string, error) {
	var out strings.Builder
	for rest := template; ; {
		text, after, found := strings.Cut(rest, "{{")
		out.WriteString(text)
		if !found {
			return out.String(), nil
		}
		inner, next, closed := strings.Cut(after, "}}")
		if !closed {
			return "", fmt.Errorf("{{ has no }}")
		}
		name, dotted := strings.CutPrefix(strings.TrimSpace(inner), ".")
		if !dotted || !slices.Contains(fields, name) {
			return "", fmt.Errorf("{{%s}} is not known here", inner)
		}
		out.WriteString(f.field(name))
		rest = next
	}
}

// Known lists what a template may have, for messages.
func Known() string { return "{{." + strings.Join(fields, "}}, {{.") + "}}" }
