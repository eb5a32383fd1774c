package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// shape is what a command prints for programs.
type shape struct {
	command   string // with the flag that asks for it
	form      string // an object on each line, a list, or one object
	pkg, name string // the type that it is made of
	templates bool   // --format takes a template too, of the same names
	text      string // instead of a type: where it is told, or what it is
}

const (
	each1 = "an object on each line"
	alist = "a list"
	one   = "one object"
)

// shapes are those of all commands.
var shapes = []shape{
	{command: "ps --format json", form: each1, pkg: "internal/show", name: "ContainerJSON", templates: true},
	{command: "ls --format json", form: alist, pkg: "internal/show", name: "Project"},
	{command: "images --format json", form: alist, pkg: "internal/show", name: "ImageRow"},
	{command: "stats --format json", form: each1, pkg: "internal/client/statscmd", name: "object"},
	{command: "stats --format TEMPLATE", pkg: "internal/client/statscmd", name: "cells", templates: true},
	{command: "events --json", form: each1, pkg: "internal/client/lookcmd", name: "eventJSON"},
	{command: "logs --json", text: "An object on each line; its keys are in [logs](logs.md#asking)."},
	{command: "graph --format json", form: one, pkg: "internal/graph", name: "Graph"},
	{command: "plan --format json", form: "one object, of `project`, `changes` (bool: something is to be done) and `plan`, a list", pkg: "internal/client/plancmd", name: "row"},
	{command: "why --format json", form: alist, pkg: "internal/why", name: "Account"},
	{command: "doctor --json", form: one, pkg: "internal/doctor", name: "Report"},
	{command: "doctor --format json", text: "The same as `doctor --json`."},
	{command: "version --format json", form: one, pkg: "internal/client", name: "versionJSON"},
	{command: "config --format json", text: "The compose file, with everything filled in that `config` fills in; the keys are those of the compose specification."},
	{command: "config --variables --format json", text: "One object, with a mapping for each variable by its name: `Name`, `DefaultValue` and `PresenceValue` (strings), `Required` (bool)."},
	{command: "volumes --format json", text: "As `volume ls`."},
	{command: "volume ls --format json", form: each1, pkg: "internal/client/volumecmd", name: "row", templates: true},
	{command: "volume inspect --format json", form: alist, pkg: "internal/client/volumecmd", name: "inspected", templates: true},
	{command: "network ls --format json", form: each1, pkg: "internal/client/networkcmd", name: "row", templates: true},
	{command: "network inspect --format json", form: alist, pkg: "internal/client/networkcmd", name: "inspected", templates: true},
	{command: "image ls --format json", form: each1, pkg: "internal/client/imagecmd", name: "listRow", templates: true},
	{command: "image history --format json", form: each1, pkg: "internal/client/imagecmd", name: "historyRow", templates: true},
	{command: "image inspect --format json", form: alist, pkg: "internal/client/imagecmd", name: "inspected", templates: true},
	{command: "system df --format json", form: each1, pkg: "internal/client/systemcmd", name: "kindRow", templates: true},
	{command: "system df -v --format json", form: one, pkg: "internal/client/systemcmd", name: "details"},
	{command: "--progress json", form: "an object on each line of the error output", pkg: "internal/progress", name: "record"},
}

// TestFormats: docs/formats.md says what the types say, with their comments.
func TestFormats(t *testing.T) {
	var b strings.Builder
	for _, s := range shapes {
		fmt.Fprintf(&b, "### `%s`\n\n%s\n\n", s.command, s.intro())
		if s.text != "" {
			continue
		}
		pkg := types(t, s.pkg)
		for _, name := range reachable(pkg, s.name) {
			if name != s.name {
				fmt.Fprintf(&b, "`%s`:\n\n", name)
			}
			b.WriteString("| key | type | |\n|---|---|---|\n")
			rows := describe(pkg, name)
			if len(rows) == 0 {
				t.Errorf("%s.%s has no keys", s.pkg, name)
			}
			b.WriteString(strings.Join(rows, "") + "\n")
		}
	}
	generated(t, "../../docs/formats.md", map[string]string{"shapes": b.String()})
}

// intro is the sentence above the table.
func (s *shape) intro() string {
	switch {
	case s.text != "":
		return s.text
	case s.form == "":
		return "The fields of templates:"
	case s.templates:
		return strings.ToUpper(s.form[:1]) + s.form[1:] + ", of the fields that templates have:"
	}
	return strings.ToUpper(s.form[:1]) + s.form[1:] + " of:"
}

// TestEveryFormatIsDescribed: a command with --format or --json has its shape on the page,
// and the page names no command or flag that is not there.
func TestEveryFormatIsDescribed(t *testing.T) {
	described := map[string]bool{}
	root := newRoot(&client.Env{})
	for _, s := range shapes {
		words := strings.Fields(s.command)
		c, rest, err := root.Find(words)
		if err != nil {
			t.Errorf("%s: %v", s.command, err)
			continue
		}
		for _, word := range rest {
			name, isFlag := strings.CutPrefix(word, "--")
			if !isFlag {
				continue
			}
			if c.Flags().Lookup(name) == nil && c.PersistentFlags().Lookup(name) == nil {
				t.Errorf("%s: there is no --%s", s.command, name)
			}
			described[pathOf(c)+" "+name] = true
		}
	}
	each(root, func(c *cobra.Command) {
		if _, refused := refusals[strings.ReplaceAll(pathOf(c), "/", " ")]; refused || c.Hidden || c.HasParent() && c.Parent().Hidden {
			return
		}
		for _, name := range []string{"format", "json"} {
			if f := c.LocalFlags().Lookup(name); f != nil && !f.Hidden && !described[pathOf(c)+" "+name] {
				t.Errorf("%s --%s is not in docs/formats.md: add it to shapes", pathOf(c), name)
			}
		}
	})
}

// types are the structs of a package, by name.
func types(t *testing.T, dir string) map[string]*ast.StructType {
	t.Helper()
	files, err := filepath.Glob("../../" + dir + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(dir, err)
	}
	out := map[string]*ast.StructType{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, b, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					out[spec.Name.Name] = s
				}
			}
			return true
		})
	}
	return out
}

// reachable are a struct and those of its package that its fields are made of.
func reachable(pkg map[string]*ast.StructType, name string) []string {
	out := []string{name}
	for i := 0; i < len(out); i++ {
		for _, f := range fieldsOf(pkg, out[i]) {
			ast.Inspect(f.Type, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && pkg[id.Name] != nil && !slices.Contains(out, id.Name) {
					out = append(out, id.Name)
				}
				return true
			})
		}
	}
	return out
}

// field is one that is in JSON.
type field struct {
	key string
	*ast.Field
}

// fieldsOf are those of a struct, with those of the structs that it embeds.
func fieldsOf(pkg map[string]*ast.StructType, name string) (list []field) {
	if pkg[name] == nil {
		return nil
	}
	for _, f := range pkg[name].Fields.List {
		if id, ok := f.Type.(*ast.Ident); ok && len(f.Names) == 0 {
			list = append(list, fieldsOf(pkg, id.Name)...)
		}
		for _, n := range f.Names {
			if key := keyOf(n.Name, f.Tag); key != "-" && n.IsExported() {
				list = append(list, field{key, f})
			}
		}
	}
	return list
}

// keyOf is a field's name in JSON, "-" if it has none.
func keyOf(name string, tag *ast.BasicLit) string {
	if tag == nil {
		return name
	}
	text, err := strconv.Unquote(tag.Value)
	if err != nil {
		return "-"
	}
	said, _, _ := strings.Cut(reflect.StructTag(text).Get("json"), ",")
	return cmp.Or(said, name)
}

// describe has a row for each key of a struct.
func describe(pkg map[string]*ast.StructType, name string) (rows []string) {
	for _, f := range fieldsOf(pkg, name) {
		said := strings.TrimSpace(f.Comment.Text())
		if said == "" {
			said = strings.TrimSpace(f.Doc.Text())
		}
		if f.Tag != nil && strings.Contains(f.Tag.Value, ",omit") {
			said = strings.TrimSuffix("left out if there is none; "+said, "; ")
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", f.key, spoken(f.Type), strings.NewReplacer("\n", " ", "|", `\|`).Replace(said)))
	}
	return rows
}

// spoken is a type in the words of JSON.
func spoken(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return spoken(e.X)
	case *ast.ArrayType:
		return "list of " + spoken(e.Elt)
	case *ast.MapType:
		return "mapping to " + spoken(e.Value)
	case *ast.SelectorExpr:
		switch e.Sel.Name {
		case "Time":
			return "time (RFC 3339)"
		case "Duration":
			return "number (ns)"
		}
		if e.Sel.Name == "Change" || e.Sel.Name == "Config" {
			return "object"
		}
		return "string"
	case *ast.Ident:
		switch e.Name {
		case "bool", "string":
			return e.Name
		}
		if strings.HasPrefix(e.Name, "int") || strings.HasPrefix(e.Name, "uint") || strings.HasPrefix(e.Name, "float") {
			return "number"
		}
		if e.Name == "any" {
			return "anything"
		}
		return "`" + e.Name + "`"
	}
	return "object"
}

// logKey is a key that the hand-written encoder of logs --json writes.
var logKey = regexp.MustCompile("[{,]\"([a-z]+)\":")

// TestKeysOfLogs: docs/logs.md has every key of logs --json.
func TestKeysOfLogs(t *testing.T) {
	code, err := os.ReadFile("../../internal/logs/json.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/logs.md")
	if err != nil {
		t.Fatal(err)
	}
	found := logKey.FindAllSubmatch(code, -1)
	if len(found) < 7 {
		t.Errorf("%d keys in internal/logs/json.go: is that where they are written?", len(found))
	}
	for _, k := range found {
		if !strings.Contains(string(page), "`"+string(k[1])+"`") {
			t.Errorf("docs/logs.md has no `%s`", k[1])
		}
	}
}
