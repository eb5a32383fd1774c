package extension

import (
	"testing"

	"go.yaml.in/yaml/v4"
)

// Whatever stands below x-mocker, it is refused or converted, and what is converted is
// within the bounds of the table.
func FuzzService(f *testing.F) {
	for _, text := range []string{"ready: {tcp: 1}", "ready: {http: 'http://:1/a', status: 2}", "ready: {http: {port: 1, header: {a: b}}}", "ready: {log: 'a|b', interval: 1s}", "memory_high: 1m", "[]", "a", "ready: {notify: true, tcp: 1}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var doc yaml.Node
		var v any
		if len(text) > 4096 || yaml.Unmarshal([]byte(text), &doc) != nil || doc.Decode(&v) != nil || len(doc.Content) == 0 {
			t.Skip("no YAML")
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Value: Name, Line: 1}
		_ = Node(key, doc.Content[0], rowOfService, "services.a.x-mocker", func(int, string, string) error { return &wrong{} })
		out, err := Service(fuzzSource{}, "a", v)
		if err != nil || out.Ready == nil {
			return
		}
		key1, value := out.Ready.Kind()
		if value == "" || key1 == "http" && (out.Ready.HTTP.Port == 0 || out.Ready.HTTP.Path[0] != '/') {
			t.Errorf("%q: %+v", text, out.Ready)
		}
	})
}

type fuzzSource struct{}

func (fuzzSource) Fault(hint, message string, _ ...string) error { return &wrong{message, hint} }
