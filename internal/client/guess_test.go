package client_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

func TestTopLevelName(t *testing.T) {
	for _, tt := range []struct {
		file, name string
		ok         bool
	}{
		{"services:\n  web:\n    name: no\n", "", true},
		{"name: demo\nservices: {}\n", "demo", true},
		{"# c\n\nservices:\nname:   demo-2  # why\r\n", "demo-2", true},
		{"x-a: |\n  text\n  name: no\nname: a\n", "a", true},
		{"name: ${X}\n", "", false},
		{"name: \"demo\"\n", "", false},
		{"name:\n  demo\n", "", false},
		{"name : demo\n", "", false},
		{"\"name\": demo\n", "", false},
		{"{name: demo}\n", "", false},
		{"---\nname: demo\n", "demo", true},
		{"--- {name: demo}\n", "", false},
		{"<<: *base\n", "", false},
		{"? name\n: demo\n", "", false},
		{"name: Demo\n", "", false},
		{"names: x\n", "", false},
		{"", "", true},
	} {
		if name, ok := client.TopLevelName([]byte(tt.file)); name != tt.name || ok != tt.ok {
			t.Errorf("%q: %q, %v; want %q, %v", tt.file, name, ok, tt.name, tt.ok)
		}
	}
}

func TestGuess(t *testing.T) {
	for _, tt := range []struct {
		name          string
		global        client.Global
		file, dotenv  string
		recordedFiles string // relative to the directory
		want          string
		unread        bool
	}{
		{"by flag", client.Global{ProjectName: "x"}, "", "", "", "x", false},
		{"by flag, wrong", client.Global{ProjectName: "X/../y"}, "", "", "", "", false},
		{"by directory", client.Global{}, "services: {}", "", "compose.yaml", "my-app", true},
		{"of another file", client.Global{}, "services: {}", "", "other.yaml", "", true},
		{"never up", client.Global{}, "services: {}", "", "", "", true},
		{"by the env file", client.Global{}, "services: {}", "COMPOSE_PROJECT_NAME=fromenv", "", "fromenv", true},
		{"by the file", client.Global{}, "name: my-app\n", "", "compose.yaml", "my-app", true},
		{"another by the file", client.Global{}, "name: else\n", "", "compose.yaml", "", true},
		{"standard input", client.Global{Files: []string{"-"}}, "services: {}", "", "", "", true},
		{"no file", client.Global{}, "", "", "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := clienttest.New(t)
			dir := filepath.Join(t.TempDir(), "My-App")
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); text != "" && err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if tt.file != "" {
				write("compose.yaml", tt.file)
			}
			write(".env", tt.dotenv)
			if tt.recordedFiles != "" {
				w.Record("my-app", supervisor.Record{Project: project.Project{ConfigFiles: []string{filepath.Join(dir, tt.recordedFiles)}}})
			}
			t.Chdir(dir)
			w.Global = tt.global
			target, ok := w.Guess(clienttest.Bounded(t))
			if ok != (tt.want != "") || ok && (target.Name != tt.want || target.Unread != tt.unread) {
				t.Errorf("%+v, %v; want %q, unread %v", target, ok, tt.want, tt.unread)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{"My App": "myapp", "_x": "x", "a.b-c_1": "ab-c_1", "--": "", "Ünïx": "nx"} {
		if got := client.NormalizeName(in); got != want {
			t.Errorf("NormalizeName(%q) = %q, want %q", in, got, want)
		}
		if err := client.CheckName(in); err == nil {
			t.Errorf("CheckName accepts %q", in)
		}
	}
	if err := client.CheckName("demo-1_a"); err != nil {
		t.Error(err)
	}
}

// FuzzTopLevelName: a name that is found is one that a project can have.
func FuzzTopLevelName(f *testing.F) {
	f.Add([]byte("name: demo\nservices:\n  name: x\n"))
	f.Add([]byte("\xff: name"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if name, ok := client.TopLevelName(b); ok && name != "" && client.CheckName(name) != nil || !ok && name != "" {
			t.Errorf("%q: %q, %v", b, name, ok)
		}
	})
}
