package loader_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/project/loader"
)

// pipe makes a named pipe that one reader gets text from, once.
func pipe(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer w.Close()
		_, _ = w.WriteString(text)
	}()
}

// hurried is a load against hangs.
func hurried(t *testing.T, dir string, change ...func(*loader.Options)) (*loader.Loaded, error) {
	t.Helper()
	type result struct {
		l   *loader.Loaded
		err error
	}
	done := make(chan result, 1)
	go func() {
		o := loader.Options{WorkingDir: dir, Environ: []string{"HOME=/home/u", "PWD=" + dir}}
		for _, c := range change {
			c(&o)
		}
		l, err := loader.Load(context.Background(), o)
		done <- result{l, err}
	}()
	select {
	case r := <-done:
		return r.l, r.err
	case <-time.After(time.Minute):
		t.Fatal("a pipe is waited for that has been read")
		return nil, nil
	}
}

const ofPipes = `
services:
  a: {command: x, env_file: [.env, own.env], label_file: labels, configs: [c], secrets: [c2]}
  b: {command: "${X}", env_file: [own.env, {path: raw.env, format: raw}]}
configs: {c: {file: c.txt}}
secrets: {c2: {file: s.txt}}
`

// Every file that a project is made of may be a pipe. Each is read once, by whomever it is
// named, also twice and as .env; the model has the paths of the file.
func TestPipes(t *testing.T) {
	dir := tree(t, "x", "")
	pipe(t, dir, "compose.yaml", ofPipes)
	pipe(t, dir, ".env", "X=1\n")
	pipe(t, dir, "own.env", "Y=${X}2\n")
	pipe(t, dir, "raw.env", "Z=${X}\n")
	pipe(t, dir, "labels", "my.label=3\n")
	pipe(t, dir, "c.txt", "config")
	pipe(t, dir, "s.txt", "secret")
	l, err := hurried(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := l.Project.Service("a")
	b, _ := l.Project.Service("b")
	if got := strings.Join(a.Environment, " "); got != "X=1 Y=12" {
		t.Errorf("a has %s", got)
	}
	if got := strings.Join(b.Environment, " "); got != "Y=12 Z=${X}" || strings.Join(b.Command, " ") != "1" {
		t.Errorf("b has %s, and executes %q", got, b.Command)
	}
	if a.Labels["my.label"] != "3" || len(a.Files) != 2 || string(l.Project.Contents[a.Files[0].Digest]) != "config" || string(l.Project.Contents[a.Files[1].Digest]) != "secret" {
		t.Errorf("labels %v, files %v", a.Labels, a.Files)
	}
	for _, f := range l.Model.Services["b"].EnvFiles {
		if filepath.Dir(f.Path) != dir {
			t.Errorf("the model has %s", f.Path)
		}
	}
}

// What is wrong in a pipe is told with its own name and line.
func TestPipesFaults(t *testing.T) {
	dir := tree(t, "compose.yaml", "services: {a: {command: x, env_file: own.env}}\n")
	pipe(t, dir, "own.env", "A=1\nB=\"x\n")
	if _, err := hurried(t, dir); err == nil || !strings.HasPrefix(err.Error(), "own.env:3: unterminated") {
		t.Errorf("%v", err)
	}
	for file, text := range map[string]string{
		"include.yaml": "include: [own.env]\nservices: {a: {command: x}}\n",
		"extends.yaml": "services: {a: {extends: {file: own.env, service: x}}}\n",
	} {
		dir := tree(t, file, text)
		pipe(t, dir, "own.env", "")
		_, err := hurried(t, dir, func(o *loader.Options) { o.Files = []string{file} })
		if err == nil || !strings.Contains(err.Error(), "only what is named with -f may be a pipe") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Who looks at a project, and runs nothing, reads no secret out of a pipe.
func TestPipesOfWhoLooks(t *testing.T) {
	dir := tree(t, "compose.yaml", "services: {a: {command: x, secrets: [s]}}\nsecrets: {s: {file: s.txt}}\n")
	if err := unix.Mkfifo(filepath.Join(dir, "s.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := hurried(t, dir, func(o *loader.Options) { o.Tolerant = true }); err != nil {
		t.Error(err)
	}
}
