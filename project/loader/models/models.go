// Package models gives services the addresses of the models that they use.
//
// docker compose asks Docker Model Runner for a model, and tells the service by two
// variables where it is and what it is called. There is no such runner here: whoever has a
// server for models, on this machine or as a service of the project, says where. The names
// of the variables, and the form of their defaults, are docker compose's, so that the
// service needs no change:
//
//	models: {llm: {model: ai/smollm2, x-mocker: {endpoint: "http://ollama:11434/v1/"}}}
//
// Else the variable of that name is taken from the environment of the files (.env), or what
// the service's environment has. If nobody says where the model is, the file is refused: a
// service without the address would fail later, and nobody would know why.
package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/extension"
)

// Source is what the files say beyond the values.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
	// Instead says what becomes of a key, in place of what the support table says of it.
	Instead(fate project.Fate, reason string, key ...string)
	// Tolerant: whether this machine can do it does not matter.
	Tolerant() bool
	// Variable is one of the project's environment.
	Variable(name string) (string, bool)
}

// Convert adds the variables of a service's models to its environment.
func Convert(src Source, m *types.Project, s types.ServiceConfig, out *project.Service) error {
	var said []string
	for _, ref := range slices.Sorted(maps.Keys(s.Models)) {
		at := []string{"services", s.Name, "models", ref}
		model, ok := m.Models[ref]
		if !ok {
			return src.Fault("add it below the top-level models:", fmt.Sprintf("services.%s.models: model %q is not defined", s.Name, ref), at...)
		}
		where, what := names(ref, s.Models[ref])
		endpoint, err := endpoint(src, ref, model, s, where)
		if err != nil {
			return err
		}
		if endpoint == "" {
			if src.Tolerant() {
				continue
			}
			return src.Fault(fmt.Sprintf("start a server for it, and write models: {%s: {x-mocker: {endpoint: URL}}}, or set %s in .env", ref, where),
				fmt.Sprintf("services.%s.models: there is no model runner, and nothing says where %s (%s) is", s.Name, ref, model.Model), at...)
		}
		out.SetVariable(where, endpoint)
		if s.Environment[what] == nil {
			out.SetVariable(what, model.Model)
		}
		said = append(said, fmt.Sprintf("%s is %s, where %s has to be", where, endpoint, model.Model))
	}
	if len(said) > 0 {
		src.Instead(project.Degraded, "there is no model runner: "+strings.Join(said, "; "), "services", s.Name, "models")
	}
	return nil
}

// names are the variables for the address of a model and for its name.
func names(ref string, of *types.ServiceModelConfig) (where, what string) {
	prefix := strings.ReplaceAll(strings.ToUpper(ref), "-", "_")
	where, what = prefix+"_URL", prefix+"_MODEL"
	if of != nil && of.EndpointVariable != "" {
		where = of.EndpointVariable
	}
	if of != nil && of.ModelVariable != "" {
		what = of.ModelVariable
	}
	return where, what
}

// endpoint is where a model is, "" if nobody says.
func endpoint(src Source, ref string, model types.ModelConfig, s types.ServiceConfig, variable string) (string, error) {
	if v := s.Environment[variable]; v != nil && *v != "" {
		return *v, nil
	}
	if url, err := extension.Model(src, ref, model.Extensions[extension.Name]); url != "" || err != nil {
		return url, err
	}
	v, _ := src.Variable(variable)
	return v, nil
}
