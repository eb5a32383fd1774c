package providers

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// metadataTime bounds the question what a program accepts.
const metadataTime = 10 * time.Second

// metadata is what a program says of itself; all of it is optional.
type metadata struct {
	Description string      `json:"description"`
	Up          parameters  `json:"up"`
	Down        parameters  `json:"down"`
	Stop        *parameters `json:"stop"`
}

// parameters are those that one command takes.
type parameters struct {
	List []parameter `json:"parameters"`
}

type parameter struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
}

// empty: nothing is known, so that all options are passed.
func (m *metadata) empty() bool {
	return m.Description == "" && m.Up.List == nil && m.Down.List == nil
}

func (m *metadata) of(verb string) *parameters {
	switch verb {
	case "up":
		return &m.Up
	case "down":
		return &m.Down
	}
	return m.Stop
}

func (p *parameters) has(name string) bool {
	for _, x := range p.List {
		if x.Name == name {
			return true
		}
	}
	return false
}

// missing is a parameter that must be given and is not, "" if there is none.
func (p *parameters) missing(options map[string][]string) string {
	for _, x := range p.List {
		if _, given := options[x.Name]; x.Required && !given {
			return x.Name
		}
	}
	return ""
}

// metadata asks a program. One that does not know the question has none.
func (r *Runner) metadata(ctx context.Context, path string) *metadata {
	ctx, cancel := context.WithTimeout(ctx, metadataTime)
	defer cancel()
	cmd := r.command(ctx, path, "compose", "metadata")
	out := &tail{limit: maxMessage}
	cmd.Stdout = out
	m := &metadata{}
	if err := cmd.Run(); err != nil {
		r.Debug("provider " + path + ": no metadata: " + err.Error())
		return m
	}
	if err := json.NewDecoder(bytes.NewReader(out.buf)).Decode(m); err != nil {
		r.Debug("provider " + path + ": no metadata: " + err.Error())
		return &metadata{}
	}
	return m
}
