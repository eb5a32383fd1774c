package treetest

import (
	"go/ast"
	"testing"
)

// A result that cannot be printed, on a disk that is full, is a failure. Whoever
// prints one to standard output without looking at the error does it by the methods of
// client.Env, which remember it.
func TestOutputErrorsCount(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if s.test || !within(s.dir, "internal/client") && !within(s.dir, "cmd") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			stmt, ok := n.(*ast.ExprStmt)
			if !ok {
				return true
			}
			call, ok := stmt.X.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if f.Sel.Name == "Println" || f.Sel.Name == "Printf" {
				seen++
			}
			of, _ := f.X.(*ast.Ident)
			toStdout := func(e ast.Expr) bool {
				sel, ok := e.(*ast.SelectorExpr)
				return ok && sel.Sel.Name == "Stdout"
			}
			prints := of != nil && of.Name == "fmt" && len(call.Args) > 0 && toStdout(call.Args[0]) || toStdout(f.X)
			if prints {
				t.Errorf("%s:%d prints to standard output and forgets the error: use Println, Printf or Print of client.Env", s.path, s.fset.Position(n.Pos()).Line)
			}
			return true
		})
	}
	if seen < 10 {
		t.Errorf("only %d statements that print were seen: the walk is wrong", seen)
	}
}
