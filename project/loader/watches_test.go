package loader_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// TestWatch: every key of develop.watch arrives, and a container depends on none.
func TestWatch(t *testing.T) {
	dir := tree(t, "compose.yaml", `
services:
  web:
    build: .
    develop:
      watch:
        - path: ./src
          action: sync+exec
          target: /app
          include: "*.go"
          ignore: [tmp/, "*.log"]
          initial_sync: true
          exec: {command: kill -HUP 1, user: app, working_dir: /app, privileged: true, environment: [B=2, A=1]}
        - {path: go.mod, action: rebuild}
        - {path: /etc/x, action: restart, target: /unused}
`)
	loaded := mustLoad(t, dir)
	p := loaded.Project
	text, err := json.Marshal(p.Services[0].Watch)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"path":"DIR/src","action":"sync+exec","target":"/app","exec":{"command":["kill","-HUP","1"],"user":"app","working_dir":"/app",` +
		`"privileged":true,"environment":["A=1","B=2"]},"include":["*.go"],"ignore":["tmp/","*.log"],"initial_sync":true,"source":{"file":"DIR/compose.yaml","line":7}},` +
		`{"path":"DIR/go.mod","action":"rebuild","source":{"file":"DIR/compose.yaml","line":14}},` +
		`{"path":"/etc/x","action":"restart","source":{"file":"DIR/compose.yaml","line":15}}]`
	if got := strings.ReplaceAll(string(text), dir, "DIR"); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	hash := p.Hash(&p.Services[0])
	if p.WithoutBuilds().Services[0].Watch != nil {
		t.Error("the supervisor gets the rules")
	}
	p.Services[0].Watch = nil
	if p.Hash(&p.Services[0]) != hash {
		t.Error("a container depends on what is watched")
	}
	if !hasNotice(p.Notices, "services.web.develop.watch.2.target", project.Ignored) {
		t.Errorf("a target that nothing is copied to is not mentioned: %+v", p.Notices)
	}
}

func hasNotice(list []project.Notice, key string, fate project.Fate) bool {
	for _, n := range list {
		if n.Key == key && n.Fate == fate {
			return true
		}
	}
	return false
}

// TestWatchOfSeveralFiles: rules are appended by a file that comes later, inherited with
// extends, and each keeps its own line. !override replaces them.
func TestWatchOfSeveralFiles(t *testing.T) {
	dir := tree(t, "base.yaml", `
services:
  app:
    image: x
    develop:
      watch:
        - {path: ./base, action: sync, target: /base}
`)
	for name, text := range map[string]string{
		"compose.yaml": "services:\n  web:\n    extends: {file: base.yaml, service: app}\n    develop:\n      watch:\n        - {path: ./one, action: sync, target: /one}\n",
		"more.yaml":    "services:\n  web:\n    develop:\n      watch:\n\n        - {path: ./two, action: restart}\n",
		"other.yaml":   "services:\n  web:\n    develop:\n      watch: !override\n        - {path: ./three, action: restart}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ files, want string }{
		{"compose.yaml more.yaml", "base@:0 one@compose.yaml:6 two@more.yaml:6"},
		{"compose.yaml other.yaml", "three@other.yaml:5"},
	} {
		p := mustLoad(t, dir, func(o *loader.Options) { o.Files = strings.Fields(c.files) }).Project
		var got []string
		for _, w := range p.Services[0].Watch {
			b, _ := json.Marshal(w.Source.Line)
			got = append(got, filepath.Base(w.Path)+"@"+strings.TrimPrefix(filepath.Base(w.Source.File), ".")+":"+string(b))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", c.files, got, c.want)
		}
	}
}

// TestWatchFaults: what is wrong with a rule is said with its line and what mends it.
func TestWatchFaults(t *testing.T) {
	for rule, want := range map[string]string{
		"{path: ./a, action: sinc, target: /x}":      `compose.yaml:6: services.web.develop.watch.0.action: the text "sinc" is not possible here (did you mean "sync"?)`,
		"{path: ./a, action: sync}":                  "compose.yaml:6: services.web.develop.watch.0: target is missing, which action: sync needs (write target: PATH, where the files go in the container)",
		"{path: ./a, action: sync, target: x}":       `compose.yaml:6: services.web.develop.watch.0: target "x" is not an absolute path (write an absolute path)`,
		"{path: ./a, action: rebuild}":               "compose.yaml:6: services.web.develop.watch.0: rebuild needs a build section, which the service does not have (add a build section, or write action: restart)",
		"{path: ./a, action: sync+exec, target: /x}": "compose.yaml:6: services.web.develop.watch.0: sync+exec needs a command to execute (write exec: {command: COMMAND})",
		`{path: ./a, action: restart, ignore: "[x"}`: "compose.yaml:6: services.web.develop.watch.0: ignore: syntax error in pattern: [\"[x\"] (patterns are those of .dockerignore)",
		"{path: ./a, action: restart, includes: x}":  `compose.yaml:6: services.web.develop.watch.0.includes: unknown key (did you mean "include"?)`,
		"{path: ./a}":       "services.web.develop.watch.0",
		"{action: restart}": "services.web.develop.watch.0",
		"{path: ./a, action: sync+exec, target: /x, exec: {comand: x}}":                             `did you mean "command"?`,
		"{path: ./a, action: restart}\n        - {path: ./b, action: sync}":                         "compose.yaml:7: services.web.develop.watch.1: target is missing",
		"{path: ./a, action: restart}\n        - {path: ./b, action: sync, target: /x, ignore: {}}": "compose.yaml:7",
	} {
		dir := tree(t, "compose.yaml", "services:\n  web:\n    image: x\n    develop:\n      watch:\n        - "+rule+"\n")
		_, err := load(t, dir)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", rule, err, want)
		}
	}
}
