package listing

import (
	"bytes"
	"testing"
)

type tagged struct {
	Repository string
	ID         string `heading:"IMAGE ID"`
}

func TestPrint(t *testing.T) {
	for format, want := range map[string]string{
		"":                               "REPOSITORY   IMAGE ID\nnginx        abc\n",
		"table":                          "REPOSITORY   IMAGE ID\nnginx        abc\n",
		`table {{.ID}}\t{{.Repository}}`: "IMAGE ID   REPOSITORY\nabc        nginx\n",
		"{{.Repository}}:{{.ID}}":        "nginx:abc\n",
		"{{upper .ID}}":                  "ABC\n",
		"json":                           `{"ID":"abc","Repository":"nginx"}` + "\n",
	} {
		var b bytes.Buffer
		if err := Print(&b, format, []string{"Repository", "ID"}, []tagged{{"nginx", "abc"}}); err != nil || b.String() != want {
			t.Errorf("%q: %q, %v; want %q", format, b.String(), err, want)
		}
	}
	for _, format := range []string{"{{.Nope}}", "{{", "yaml"} {
		if err := Print(&bytes.Buffer{}, format, []string{"ID"}, []tagged{{"x", "y"}}); err == nil {
			t.Errorf("%q is taken", format)
		}
	}
	var b bytes.Buffer
	if err := Print[tagged](&b, "", []string{"ID"}, nil); err != nil || b.String() != "IMAGE ID\n" {
		t.Errorf("no rows: %q, %v", b.String(), err)
	}
}

// What an image says of itself steers no terminal and makes no further cell or line.
func TestPrintHostile(t *testing.T) {
	type row struct {
		CreatedBy string `heading:"BY"`
		ID        string
	}
	rows := []row{{"\x1b]0;title\x07RUN\tx\n\x1b[2Jid\u202e\u009b", "1"}}
	for format, want := range map[string]string{
		"":                     "BY        ID\nRUN xid   1\n",
		"{{.CreatedBy}}":       "RUN xid\n",
		"table {{.CreatedBy}}": "BY\nRUN xid\n",
	} {
		var b bytes.Buffer
		if err := Print(&b, format, []string{"CreatedBy", "ID"}, rows); err != nil || b.String() != want {
			t.Errorf("%q: %q, %v; want %q", format, b.String(), err, want)
		}
	}
}
