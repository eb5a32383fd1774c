package dockerfile

import (
	"strings"

	"github.com/moby/buildkit/util/suggest"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// parseRef is an image's full name: docker.io/library/nginx:latest.
func parseRef(s string) (string, error) {
	n, err := imageref.Parse(s)
	if err != nil {
		return "", err
	}
	n = n.Tagged()
	text := n.Domain + "/" + n.Path
	if n.Tag != "" {
		text += ":" + n.Tag
	}
	if n.Digest != "" {
		text += "@" + n.Digest
	}
	return text, nil
}

// contextNamed is an additional context, by the name of a stage or an image.
func (in *Input) contextNamed(name string) (Context, string, bool) {
	if strings.EqualFold(name, scratch) || strings.EqualFold(name, "context") || len(in.Contexts) == 0 {
		return Context{}, "", false
	}
	n, err := imageref.Parse(name)
	if err != nil {
		return Context{}, "", false
	}
	familiar := strings.TrimSuffix(n.String(), ":latest")
	for _, key := range []string{name, familiar, familiar + ":latest"} {
		if c, ok := in.Contexts[key]; ok {
			return c, key, true
		}
	}
	return Context{}, "", false
}

const (
	scratch   = "scratch"
	nameShown = 200
)

// short keeps messages readable whatever a file calls things.
func short(s string) string {
	if len(s) > nameShown {
		return strings.ToValidUTF8(s[:nameShown], "") + "..."
	}
	return s
}

// similar is the option that was probably meant. Comparing costs the product of
// the lengths.
func similar(name string, options []string) string {
	const longest = 64
	if len(name) > longest {
		return ""
	}
	var fit []string
	for _, o := range options {
		if len(o) <= longest {
			fit = append(fit, o)
		}
	}
	match, _ := suggest.Search(name, fit, true)
	return match
}

// meant adds what was probably meant to a message. Any short name is like any other.
func meant(name string, options []string) string {
	if len(name) <= 3 {
		return ""
	}
	if match := similar(name, options); match != "" {
		return " (did you mean " + match + "?)"
	}
	return ""
}

func joined(names []string) string { return strings.Join(names, ", ") }
