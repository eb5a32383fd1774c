package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/template"

	"github.com/mocker-compose/mocker-compose/internal/show"
)

// render is `ps --format TEMPLATE`: one line per container. A format "table
// TEMPLATE" has the same lines; no heading is made up for it.
func render(format string, rows []show.ContainerJSON) (string, error) {
	text := strings.TrimSpace(strings.TrimPrefix(format, "table "))
	if !strings.Contains(text, "{{") {
		return "", fmt.Errorf("format value %q could not be parsed: use table, json or a template such as '{{.Name}}'", format)
	}
	text = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(text)
	t, err := template.New("").Funcs(template.FuncMap{
		"json": func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err },
		"join": strings.Join, "lower": strings.ToLower, "upper": strings.ToUpper, "split": strings.Split,
	}).Parse(text)
	if err != nil {
		return "", fmt.Errorf("template parsing error: %w", err)
	}
	var b strings.Builder
	for _, r := range rows {
		if err := t.Execute(&b, r); err != nil {
			return "", fmt.Errorf("template: %w", err)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
