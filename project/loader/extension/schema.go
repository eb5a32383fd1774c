package extension

import (
	"bytes"
	"encoding/json"
)

// Schema is the table as a JSON schema (draft 2020-12) of compose files: it says
// something of x-mocker, and nothing of other keys, so that an editor can hold a file
// against it and against that of the compose specification at once.
func Schema() ([]byte, error) {
	root := object{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "x-mocker",
		"description": "What mocker-compose understands of a compose file, beside the compose specification.",
		"type":        "object",
		"properties": object{
			Name: mapping(&Key{Keys: top()}),
			"services": object{"type": "object", "additionalProperties": object{
				"type":       []string{"object", "null"},
				"properties": object{Name: mapping(&Key{Keys: service()})},
			}},
			"models": object{"type": "object", "additionalProperties": object{
				"type":       []string{"object", "null"},
				"properties": object{Name: mapping(&Key{Keys: model()})},
			}},
		},
		"additionalProperties": true,
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

type object map[string]any

// variable is a value that is known only when the file is read.
const variable = `^.*\$.*$`

func mapping(k *Key) object {
	properties := object{}
	for i := range k.Keys {
		properties[k.Keys[i].Name] = schema(&k.Keys[i])
	}
	out := object{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	if len(k.Needed) > 0 {
		out["required"] = k.Needed
	}
	if len(k.One) > 0 {
		// Files are merged, so one alone may have none; two are too many in any.
		out["description"] = "One of them says how: " + k.allowed()
	}
	return out
}

func schema(k *Key) object {
	out := object{}
	orText := func(o object) object { return object{"anyOf": []object{o, {"type": "string", "pattern": variable}}} }
	switch k.Kind {
	case Bool:
		out = orText(object{"type": "boolean"})
	case Number:
		out = orText(object{"type": "integer", "minimum": k.Min, "maximum": k.Max})
	case Text:
		out = object{"type": []string{"string", "number"}}
	case Word:
		out = orText(object{"enum": k.Words})
	case Size:
		out = object{"type": []string{"string", "integer"}}
	case Duration:
		out = orText(object{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`})
	case Texts:
		out = object{"type": "object", "additionalProperties": object{"type": []string{"string", "number", "boolean", "null"}}}
	case Mapping:
		out = mapping(k)
		if k.Short {
			out = object{"anyOf": []object{out, {"type": "string"}}}
		}
	}
	out["description"] = k.Doc
	out["examples"] = []string{k.Example}
	return out
}
