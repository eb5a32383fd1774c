package tag

import "testing"

func TestExpand(t *testing.T) {
	f := Facts{ID: "0123456789abcdef0123", Name: "demo-web-1", Image: "nginx:1", ImageID: "sha256:fedcba98765432100"}
	for template, want := range map[string]string{
		"":                                   "0123456789ab",
		"plain":                              "plain",
		"{{.ID}}":                            "0123456789ab",
		"{{.FullID}}":                        f.ID,
		"{{.ImageName}}/{{ .Name }}/{{.ID}}": "nginx:1/demo-web-1/0123456789ab",
		"{{.ImageID}} {{.ImageFullID}}":      "fedcba987654 sha256:fedcba98765432100",
		"{{.DaemonName}}":                    "mocker-compose",
		"}} stays":                           "}} stays",
	} {
		if got := Expand(template, f); got != want || Check(template) != nil {
			t.Errorf("%q: %q, %v; want %q", template, got, Check(template), want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, template := range []string{"{{.Bogus}}", "{{.ID", "{{json .}}", "{{ID}}", "{{}}", "{{with .ID}}x{{end}}"} {
		if Check(template) == nil {
			t.Errorf("%q was accepted", template)
		}
		if got := Expand(template, Facts{ID: "x"}); got != template {
			t.Errorf("%q became %q", template, got)
		}
	}
}
