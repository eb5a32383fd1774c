package loader_test

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/sirupsen/logrus"

	"github.com/mocker-compose/mocker-compose/project/locate"
)

// theirs is compose-go's look-up, called as docker compose calls it.
func theirs(t *testing.T, dir string, q locate.Query) (files []string, wd string, env map[string]string, err error) {
	t.Helper()
	t.Chdir(dir)
	logrus.SetOutput(io.Discard)
	defer logrus.SetOutput(os.Stderr)
	fix := func(o *cli.ProjectOptions) error { // instead of WithOsEnv: only what the test gives
		for _, l := range append([]string{"PWD=" + dir}, q.Environ...) {
			k, v, _ := strings.Cut(l, "=")
			o.Environment[k] = v
		}
		return nil
	}
	for _, l := range q.Environ {
		if k, v, _ := strings.Cut(l, "="); k == "COMPOSE_DISABLE_ENV_FILE" {
			t.Setenv(k, v) // compose-go reads it from the process
		}
	}
	o, err := cli.NewProjectOptions(q.Files, cli.WithWorkingDirectory(q.ProjectDir), fix,
		cli.WithEnvFiles(q.EnvFiles...), cli.WithDotEnv, cli.WithConfigFileEnv, cli.WithDefaultConfigPath,
		cli.WithEnvFiles(q.EnvFiles...), cli.WithDotEnv)
	if err != nil {
		return nil, "", nil, err
	}
	for _, f := range o.ConfigPaths {
		if f != "-" {
			f, _ = filepath.Abs(f)
		}
		files = append(files, f)
	}
	wd, err = o.GetWorkingDir()
	return files, wd, o.Environment, err
}

// TestLocateAgrees: our look-up finds what compose-go's finds.
func TestLocateAgrees(t *testing.T) {
	files := []string{
		"compose.yaml", "", "docker-compose.yml", "", "compose.override.yml", "", "docker-compose.override.yaml", "",
		".env", "A=1\nB=${A}2\n", "other.env", "A=other\nCOMPOSE_FILE=deep/x.yaml\n", "second.env", "C=${A}\n",
		"deep/x.yaml", "", "deep/.env", "A=deep\nD=4\n", "deep/er/none", "", "old/docker-compose.yaml", "", "old/docker-compose.yml", "",
		"env/.env", "COMPOSE_FILE=a.yaml:b.yaml\nCOMPOSE_PROJECT_NAME=fromenv\n", "env/a.yaml", "", "env/b.yaml", "",
		"sep/.env", "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=../env/a.yaml,../env/b.yaml\n",
	}
	for _, tt := range []struct {
		name, cwd string
		q         locate.Query
	}{
		{"default", ".", locate.Query{}},
		{"parent", "deep/er", locate.Query{}},
		{"order of names", "old", locate.Query{}},
		{"flag", "deep", locate.Query{Files: []string{"x.yaml", "../compose.yaml"}}},
		{"flag and directory", "deep", locate.Query{Files: []string{"x.yaml"}, ProjectDir: ".."}},
		{"directory", "deep", locate.Query{ProjectDir: "../old"}},
		{"stdin", "deep", locate.Query{Files: []string{"-"}}},
		{"environment", ".", locate.Query{Environ: []string{"COMPOSE_FILE=deep/x.yaml:old/docker-compose.yml"}}},
		{"environment wins over .env", ".", locate.Query{Environ: []string{"A=mine"}}},
		{"missing file in environment", ".", locate.Query{Environ: []string{"COMPOSE_FILE=none.yaml"}}},
		{"directory in environment", ".", locate.Query{Environ: []string{"COMPOSE_FILE=deep"}}},
		{".env", "env", locate.Query{}},
		{"separator", "sep", locate.Query{}},
		{"env file", ".", locate.Query{EnvFiles: []string{"other.env", "second.env"}}},
		{"missing env file", ".", locate.Query{EnvFiles: []string{"none.env"}}},
		{"no env file", ".", locate.Query{Environ: []string{"COMPOSE_DISABLE_ENV_FILE=1"}}},
		{"bad switch", ".", locate.Query{Environ: []string{"COMPOSE_DISABLE_ENV_FILE=x"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(tree(t, files...), tt.cwd)
			wantFiles, wantDir, wantEnv, wantErr := theirs(t, dir, tt.q)
			tt.q.Cwd = dir
			got, err := locate.Find(tt.q)
			if (err != nil) != (wantErr != nil) {
				t.Fatalf("error %v, theirs %v", err, wantErr)
			}
			if err != nil {
				return
			}
			if !slices.Equal(got.Files, wantFiles) || got.Dir != wantDir {
				t.Errorf("files %v in %s, theirs %v in %s", got.Files, got.Dir, wantFiles, wantDir)
			}
			if !maps.Equal(got.Env, wantEnv) {
				t.Errorf("environment %v, theirs %v", got.Env, wantEnv)
			}
		})
	}
}

// FuzzDotenv: an env file means to us what it means to compose-go.
func FuzzDotenv(f *testing.F) {
	for _, s := range []string{
		"A=1\n", "export A=1\nB: two\n", "# c\nA=1 # c\nB='x y' \nC=\"a\\nb\\$c $A\"\n", "A\nB=${A:-d}${C:+e}${D-f}\n",
		"A=${B:?no}\n", "A='multi\nline'\nB=2\n", "A=\"\\033[1m \\\\ \\x\"\n", "A=$$x $1\n", "export ", "A B=1\n", "\ufeffA=1", "A=\n\nB=x\r\n", "A", "A='",
		"A=\"x\" B=1\n", "exportA=1\n", "A=a#b\n", "A.B-C[0]=1\n",
	} {
		f.Add(s)
	}
	known := map[string]string{"HOME": "/h", "D": "env", "E": ""}
	lookup := func(k string) (string, bool) { v, ok := known[k]; return v, ok }
	// Braces that are no reference, or a reference with an odd name, mean
	// different things in different places of compose-go's own expansion.
	plain := regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*(:?[-+?][A-Za-z0-9_ .,/]*)?\}`)
	f.Fuzz(func(t *testing.T, src string) {
		if strings.ContainsAny(plain.ReplaceAllString(src, ""), "{}") {
			t.Skip("braces that are no plain reference")
		}
		path := filepath.Join(t.TempDir(), "x.env")
		if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
		want, wantErr := dotenv.GetEnvFromFile(known, []string{path})
		got, err := locate.ParseEnv(src, lookup)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("%q: error %v, theirs %v", src, err, wantErr)
		}
		if err == nil && !maps.Equal(got, want) {
			t.Fatalf("%q: %q, theirs %q", src, got, want)
		}
	})
}
