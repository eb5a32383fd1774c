package loader

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// Config renders the loaded model as config prints it, in the format "yaml"
// (or "") or "json".
func (l *Loaded) Config(format string) ([]byte, error) {
	switch format {
	case "", "yaml":
		if l.dict == nil {
			return l.filled(l.Model.MarshalYAML())
		}
		var b bytes.Buffer
		enc := yaml.NewEncoder(&b)
		enc.SetIndent(2)
		if err := enc.Encode(l.dict); err != nil {
			return nil, fmt.Errorf("render the model as YAML: %w", err)
		}
		return b.Bytes(), enc.Close()
	case "json":
		if l.dict == nil {
			return l.filled(l.Model.MarshalJSON())
		}
		data, err := json.MarshalIndent(l.dict, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("render the model as JSON: %w", err)
		}
		return data, nil
	}
	return nil, &Error{Message: fmt.Sprintf("unsupported format %q", format), Hint: "use yaml or json"}
}

// filled makes a text in which variables are filled in one that can be read again:
// a $ that is left means itself.
func (l *Loaded) filled(text []byte, err error) ([]byte, error) {
	return bytes.ReplaceAll(text, []byte("$"), []byte("$$")), err
}

// Resolved leaves out of the model what is in it twice: env_file, whose variables
// are in the environment, and, unless all is wanted, what no service uses.
func (l *Loaded) Resolved(all bool) {
	if l.Model == nil {
		return
	}
	if !all {
		l.Model = l.Model.WithoutUnnecessaryResources()
	}
	if l.view.NoEnv {
		return
	}
	for name, s := range l.Model.Services {
		s.EnvFiles = nil
		for i := range s.PreStart {
			s.PreStart[i].EnvFiles = nil
		}
		l.Model.Services[name] = s
	}
}
