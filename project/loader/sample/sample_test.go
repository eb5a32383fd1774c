package sample

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		missing, there, want string
	}{
		{".env", ".env.example", ".env.example"},
		{".env", "env.example", "env.example"},
		{".env", "example.env", "example.env"},
		{".env", ".env-sample", ".env-sample"},
		{".env", ".env.dist", ".env.dist"},
		{".env", ".env.local.example", ""},
		{".env", "README", ""},
		{".env", "example", ""},
		{".env", "examples.env", ""},
		{"db.env", "db.env.template", "db.env.template"},
		{"db.env", "db.example.env", "db.example.env"},
		{"db.env", "db-example.env", "db-example.env"},
		{"db.env", ".env.example", ""},
		{"environment", "environment.default", "environment.default"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, tt.there), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		want := tt.want
		if want != "" {
			want = filepath.Join(dir, want)
		}
		if got := Of(filepath.Join(dir, tt.missing)); got != want {
			t.Errorf("%s beside %s: %q, want %q", tt.missing, tt.there, got, want)
		}
	}
	dir := t.TempDir()
	for _, name := range []string{".env", ".env.example"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := Of(filepath.Join(dir, ".env")); got != "" {
		t.Errorf("a file that is there has the example %q", got)
	}
	if got := Of(filepath.Join(dir, "none/.env")); got != "" {
		t.Errorf("a directory that is not there has the example %q", got)
	}
}

func TestHas(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env.example")
	if err := os.WriteFile(path, []byte("# KEPT=1\nexport A=1\n B = 2\nC\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"A": true, "B": true, "C": false, "KEPT": false, "": false} {
		if got := Has(path, []string{name}); got != want {
			t.Errorf("%q is set: %v", name, got)
		}
	}
	if !Has(path, []string{"X", "A"}) || Has(path+"x", []string{"A"}) {
		t.Error("one of several, and a file that is not there")
	}
}
