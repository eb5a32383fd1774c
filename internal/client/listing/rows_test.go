package listing

import (
	"bytes"
	"testing"
)

func TestPrint(t *testing.T) {
	columns := []Column{{"Repository", "REPOSITORY"}, {"ID", "IMAGE ID"}}
	for format, want := range map[string]string{
		"":                               "REPOSITORY   IMAGE ID\nnginx        abc\n",
		"table":                          "REPOSITORY   IMAGE ID\nnginx        abc\n",
		`table {{.ID}}\t{{.Repository}}`: "IMAGE ID   REPOSITORY\nabc        nginx\n",
		"{{.Repository}}:{{.ID}}":        "nginx:abc\n",
		"{{upper .ID}}":                  "ABC\n",
		"json":                           `{"ID":"abc","Repository":"nginx"}` + "\n",
	} {
		var b bytes.Buffer
		rows := []map[string]string{{"Repository": "nginx", "ID": "abc"}}
		if err := Print(&b, format, columns, map[string]string{}, rows); err != nil || b.String() != want {
			t.Errorf("%q: %q, %v; want %q", format, b.String(), err, want)
		}
	}
	for _, format := range []string{"{{.Nope}}", "{{", "yaml"} {
		if err := Print(&bytes.Buffer{}, format, columns, map[string]string{}, []map[string]string{{"ID": "x"}}); err == nil {
			t.Errorf("%q is taken", format)
		}
	}
}
