package extension

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write the documents")

const (
	page       = "../../../docs/x-mocker.md"
	schemaFile = "../../../docs/x-mocker.schema.json"
	begin, end = "<!-- reference: written by the table, see project/loader/extension -->\n", "<!-- end of the reference -->"
)

// The page and the schema say what the table says.
func TestDocuments(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the reference", page)
	}
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	compare(t, page, string(text), before+begin+"\n"+Reference()+"\n"+end+after)
	got, _ := os.ReadFile(schemaFile)
	compare(t, schemaFile, string(got), string(want))
}

func compare(t *testing.T, file, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	if !*update {
		t.Errorf("%s is not what the table says: run `go test ./project/loader/extension -update`", file)
		return
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every row is documented, and its example obeys it.
func TestExamplesObeyTheTable(t *testing.T) {
	var walk func(keys []Key, way string)
	walk = func(keys []Key, way string) {
		for i := range keys {
			k := &keys[i]
			if k.Doc == "" || k.Example == "" {
				t.Errorf("%s%s has no sentence or no example", way, k.Name)
			}
			var doc yaml.Node
			if err := yaml.Unmarshal([]byte(k.Example), &doc); err != nil {
				t.Errorf("%s%s: %v", way, k.Name, err)
				continue
			}
			c := checker{merged: true, fault: func(_ int, remedy, message string, _ ...string) error { return &wrong{message, remedy} }}
			for _, it := range ofNode("", 1, doc.Content[0]).items {
				if err := c.child(it, keys, []string{it.name}); err != nil {
					t.Errorf("%s%s: its example: %v", way, k.Name, err)
				}
			}
			walk(k.Keys, way+k.Name+".")
		}
	}
	walk(top(), "")
	walk(service(), "services.*.")
	walk(model(), "models.*.")
}

type wrong struct{ message, remedy string }

func (w *wrong) Error() string { return w.message + " (" + w.remedy + ")" }

// The schema is JSON, and knows every key of the table.
func TestSchema(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root struct {
		Properties map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	for _, k := range append(top(), service()...) {
		if !strings.Contains(string(text), `"`+k.Name+`": {`) {
			t.Errorf("the schema does not know %s", k.Name)
		}
	}
	if len(root.Properties) != 3 {
		t.Errorf("%d properties", len(root.Properties))
	}
}
