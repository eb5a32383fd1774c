package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// shapes are what commands print for programs: the package and the type that it is made
// of, whether an object stands on a line of its own, in a list, or alone.
var shapes = []struct{ command, form, pkg, name string }{
	{"ps --format json", "an object on each line", "internal/show", "ContainerJSON"},
	{"ls --format json", "a list", "internal/show", "Project"},
	{"images --format json", "a list", "internal/show", "ImageRow"},
	{"events --json", "an object on each line", "internal/client/lookcmd", "eventJSON"},
	{"graph --format json", "one object", "internal/graph", "Graph"},
	{"plan --format json", "one object, of `project`, `changes` (bool: something is to be done) and `plan`, a list", "internal/client/plancmd", "row"},
	{"why --format json", "a list", "internal/why", "Account"},
	{"doctor --json", "one object", "internal/doctor", "Report"},
}

// TestFormats: docs/formats.md says what the types say, with their comments.
func TestFormats(t *testing.T) {
	var b strings.Builder
	for _, s := range shapes {
		fmt.Fprintf(&b, "### `%s`\n\n%s of:\n\n", s.command, strings.ToUpper(s.form[:1])+s.form[1:])
		pkg := types(t, s.pkg)
		for _, name := range reachable(pkg, s.name) {
			if name != s.name {
				fmt.Fprintf(&b, "`%s`:\n\n", name)
			}
			b.WriteString("| key | type | |\n|---|---|---|\n")
			rows := describe(pkg[name])
			if len(rows) == 0 {
				t.Errorf("%s.%s has no keys", s.pkg, name)
			}
			b.WriteString(strings.Join(rows, "") + "\n")
		}
	}
	generated(t, "../../docs/formats.md", map[string]string{"shapes": b.String()})
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
		if pkg[out[i]] == nil {
			continue
		}
		for _, f := range pkg[out[i]].Fields.List {
			if key(f) == "" {
				continue
			}
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

// key is a field's name in JSON; "" if it has none.
func key(f *ast.Field) string {
	if f.Tag == nil {
		return ""
	}
	tag, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
	return strings.TrimPrefix(name, "-")
}

func describe(s *ast.StructType) (rows []string) {
	if s == nil {
		return nil
	}
	for _, f := range s.Fields.List {
		name := key(f)
		if name == "" {
			continue
		}
		said := strings.TrimSpace(f.Comment.Text())
		if said == "" {
			said = strings.TrimSpace(f.Doc.Text())
		}
		if tag, _ := strconv.Unquote(f.Tag.Value); strings.Contains(tag, ",omit") {
			said = strings.TrimSuffix("left out if there is none; "+said, "; ")
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", name, spoken(f.Type), strings.NewReplacer("\n", " ", "|", `\|`).Replace(said)))
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
		if e.Sel.Name == "Change" {
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
