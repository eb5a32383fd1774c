package listing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"text/template"

	"github.com/mocker-compose/mocker-compose/internal/progress"
)

// Column is a column of docker's tables: the field of a row, and its heading.
type Column [2]string

// Print prints rows as docker does for --format: "" and "table" with the
// given columns, "table TEMPLATE" with a heading of its own, "json" and any other
// template a line each. A row is a map of strings, so that the same template
// makes the heading.
func Print(w io.Writer, format string, columns []Column, headings map[string]string, rows []map[string]string) error {
	if format == "json" {
		for _, r := range rows {
			if err := json.NewEncoder(w).Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	text, isTable := strings.CutPrefix(format, "table")
	if text = strings.TrimSpace(text); isTable && text == "" || format == "" {
		isTable = true
		var fields []string
		for _, c := range columns {
			fields = append(fields, "{{."+c[0]+"}}")
		}
		text = strings.Join(fields, "\t")
	}
	rows = printable(rows)
	if isTable {
		for _, c := range columns {
			headings[c[0]] = c[1]
		}
		rows = append([]map[string]string{headings}, rows...)
	}
	if !isTable {
		return Template(w, text, rows)
	}
	tw := tabwriter.NewWriter(w, 10, 1, 3, ' ', 0)
	if err := Template(tw, text, rows); err != nil {
		return err
	}
	return tw.Flush()
}

// printable is rows without what steers terminals: images say who made them, and how.
func printable(rows []map[string]string) []map[string]string {
	out := make([]map[string]string, len(rows))
	for i, r := range rows {
		out[i] = make(map[string]string, len(r))
		for k, v := range r {
			out[i][k] = progress.Line(v)
		}
	}
	return out
}

// Template prints one line per value.
func Template[T any](w io.Writer, text string, values []T) error {
	t, err := parseTemplate(text)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, v := range values {
		if err := t.Execute(&b, v); err != nil {
			return fmt.Errorf("template: %w", err)
		}
		b.WriteByte('\n')
	}
	_, err = w.Write(b.Bytes())
	return err
}

func parseTemplate(text string) (*template.Template, error) {
	if !strings.Contains(text, "{{") {
		return nil, fmt.Errorf("format value %q could not be parsed: use table, json or a template such as '{{.ID}}'", text)
	}
	text = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(text)
	t, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"json": func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err },
		"join": strings.Join, "lower": strings.ToLower, "upper": strings.ToUpper, "split": strings.Split,
		"println": fmt.Sprintln,
	}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("template parsing error: %w", err)
	}
	return t, nil
}
