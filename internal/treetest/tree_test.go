package treetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/mocker-compose/mocker-compose"

// source is one Go file of the module.
type source struct {
	path      string // relative to the module's root, with slashes
	dir       string
	test      bool
	generated bool
	lines     int
	text      string
	file      *ast.File
	fset      *token.FileSet
}

// root is the module's top directory; the tests run two levels below it.
const root = "../.."

var parsed = sync.OnceValues(parseTree)

// sources returns all Go files of the module, parsed once.
func sources(t *testing.T) []source {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("only %d Go files found below %s: the walk is wrong", len(all), root)
	}
	return all
}

func parseTree() ([]source, error) {
	var all []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		s, err := parseFile(fset, path)
		all = append(all, s)
		return err
	})
	return all, err
}

func parseFile(fset *token.FileSet, path string) (source, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	f, err := parser.ParseFile(fset, path, b, parser.ParseComments)
	if err != nil {
		return source{}, err
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return source{}, err
	}
	rel = filepath.ToSlash(rel)
	return source{
		path:      rel,
		dir:       filepath.ToSlash(filepath.Dir(rel)),
		test:      strings.HasSuffix(rel, "_test.go"),
		generated: ast.IsGenerated(f),
		lines:     strings.Count(string(b), "\n"),
		text:      string(b),
		file:      f,
		fset:      fset,
	}, nil
}

// imports returns the import paths of the file.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// within reports whether path is dir or lies below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}
