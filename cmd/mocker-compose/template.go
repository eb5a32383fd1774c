package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"text/template"

	"github.com/mocker-compose/mocker-compose/internal/show"
)

// headings are what docker compose writes above the fields of ps.
var headings = map[string]string{
	"Command": "COMMAND", "Created": "CREATED", "CreatedAt": "CREATED AT", "Engine": "ENGINE", "ExitCode": "EXIT CODE", "Health": "HEALTH", "HealthReason": "HEALTH REASON",
	"ID": "CONTAINER ID", "Image": "IMAGE", "Labels": "LABELS", "LocalVolumes": "LOCAL VOLUMES", "Mounts": "MOUNTS",
	"Name": "NAME", "Names": "NAME", "Networks": "NETWORKS", "OOMKilled": "OOM", "Ports": "PORTS", "Project": "PROJECT", "Publishers": "PUBLISHERS",
	"RunningFor": "CREATED", "Service": "SERVICE", "Size": "SIZE", "State": "STATE", "Status": "STATUS",
}

// render is `ps --format TEMPLATE`: one line per container. A format "table
// TEMPLATE" has a heading and aligned columns.
func render(format string, rows []show.ContainerJSON) (string, error) {
	text, isTable := strings.CutPrefix(format, "table ")
	if text = strings.TrimSpace(text); !strings.Contains(text, "{{") {
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
	var out io.Writer = &b
	if isTable {
		w := tabwriter.NewWriter(&b, 10, 1, 3, ' ', 0)
		out = w
		err = t.Execute(out, headings)
		fmt.Fprintln(out)
	}
	for i := 0; i < len(rows) && err == nil; i++ {
		err = t.Execute(out, rows[i])
		fmt.Fprintln(out)
	}
	if err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	if w, ok := out.(*tabwriter.Writer); ok {
		_ = w.Flush() // into memory
	}
	return b.String(), nil
}
