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
			return l.Model.MarshalYAML()
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
			return l.Model.MarshalJSON()
		}
		data, err := json.MarshalIndent(l.dict, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("render the model as JSON: %w", err)
		}
		return data, nil
	}
	return nil, &Error{Message: fmt.Sprintf("unknown format %q", format), Hint: "use yaml or json"}
}
