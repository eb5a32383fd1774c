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

// What an image says of itself steers no terminal and makes no further cell or line.
func TestPrintHostile(t *testing.T) {
	rows := func() []map[string]string {
		return []map[string]string{{"CreatedBy": "\x1b]0;title\x07RUN\tx\n\x1b[2Jid\u202e\u009b", "ID": "1"}}
	}
	for format, want := range map[string]string{
		"":                     "BY        ID\nRUN xid   1\n",
		"{{.CreatedBy}}":       "RUN xid\n",
		"table {{.CreatedBy}}": "BY\nRUN xid\n",
	} {
		var b bytes.Buffer
		if err := Print(&b, format, []Column{{"CreatedBy", "BY"}, {"ID", "ID"}}, map[string]string{}, rows()); err != nil || b.String() != want {
			t.Errorf("%q: %q, %v; want %q", format, b.String(), err, want)
		}
	}
}
