package listing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
	"text/template"

	"github.com/mocker-compose/mocker-compose/internal/progress"
)

// Print prints rows as docker does for --format: "" and "table" with the
// given columns, "table TEMPLATE" with a heading of its own, "json" and any other
// template a line each. T is a struct of strings, whose fields are those of templates
// and the keys of JSON; docs/formats.md is made of it. The tag "heading" is what stands
// above a column, if that is not the field in capitals.
func Print[T any](w io.Writer, format string, columns []string, rows []T) error {
	cells := make([]map[string]string, len(rows))
	for i := range rows {
		cells[i] = cellsOf(&rows[i])
	}
	if format == "json" {
		for _, r := range cells {
			if err := json.NewEncoder(w).Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	text, isTable := strings.CutPrefix(format, "table")
	if text = strings.TrimSpace(text); isTable && text == "" || format == "" {
		isTable = true
		text = "{{." + strings.Join(columns, "}}\t{{.") + "}}"
	}
	cells = printable(cells)
	if !isTable {
		return Template(w, text, cells)
	}
	cells = append([]map[string]string{headings[T]()}, cells...)
	tw := tabwriter.NewWriter(w, 10, 1, 3, ' ', 0)
	if err := Template(tw, text, cells); err != nil {
		return err
	}
	return tw.Flush()
}

// cellsOf maps the fields of a struct to what is in them: the same template makes rows
// and headings, and JSON has docker's order, that of the alphabet.
func cellsOf[T any](row *T) map[string]string {
	v := reflect.ValueOf(row).Elem()
	cells := make(map[string]string, v.NumField())
	for i := range v.NumField() {
		cells[v.Type().Field(i).Name] = v.Field(i).String()
	}
	return cells
}

func headings[T any]() map[string]string {
	t := reflect.TypeFor[T]()
	heads := make(map[string]string, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		heads[f.Name] = strings.ToUpper(f.Name)
		if said := f.Tag.Get("heading"); said != "" {
			heads[f.Name] = said
		}
	}
	return heads
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
