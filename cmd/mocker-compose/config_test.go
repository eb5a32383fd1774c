package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const rich = `name: rich
x-note: kept
services:
  web:
    image: nginx:${TAG:-1.27}
    command: ["echo", "$$HOME costs 5$$", "${GREETING?say something}"]
    env_file: [web.env]
    volumes: ["./site:/site", "data:/data", {type: image, source: "tools:2", target: /tools}]
    models: [llm]
    profiles: [front]
    pre_start:
      - command: [migrate]
        image: migrator:3
  db:
    build: ./db
    environment: {SIZE: "${SIZE:+big}"}
    networks: [back]
networks:
  back: {}
  unused: {}
volumes:
  data: {}
  spare: {}
models:
  llm: {model: ai/smollm2}
`

func richFiles() map[string]string {
	return map[string]string{"compose.yaml": rich, "web.env": "FROM_FILE=yes\n", "x.env": "GREETING=hi\nTAG=2\n"}
}

func TestConfigFlags(t *testing.T) {
	const all = "--profile front --env-file x.env "
	for _, tt := range []struct {
		name, args string
		out, not   []string // parts of standard output, and what is not in it
	}{
		{"what is filled in can be read again", all + "config", []string{"echo", "$$HOME costs 5$$", "hi", "nginx:2", "FROM_FILE: \"yes\"", "/demo/site"}, []string{"env_file", "${", "unused", "spare"}},
		{"as json", all + "config --format json", []string{`"$$HOME costs 5$$"`}, []string{"env_file"}},
		{"nothing filled in", "--profile front config --no-interpolate", []string{"nginx:${TAG:-1.27}", "$$HOME costs 5$$", "env_file"}, nil},
		{"all resources", all + "--all-resources config", []string{"unused", "spare"}, nil},
		{"networks", all + "config --networks", []string{"back\ndefault\n"}, []string{"unused"}},
		{"all networks", all + "--all-resources config --networks", []string{"back\ndefault\nunused\n"}, nil},
		{"volumes", all + "config --volumes", []string{"data\n"}, []string{"spare"}},
		{"all volumes", all + "--all-resources config --volumes", []string{"data\nspare\n"}, nil},
		{"models", all + "config --models", []string{"ai/smollm2\n"}, nil},
		{"images", all + "config --images", []string{"migrator:3\nnginx:2\nrich-db\ntools:2\n"}, nil},
		{"images of old names", all + "--compatibility config --images", []string{"migrator:3"}, nil},
		{"paths as they are", all + "config --no-path-resolution", []string{"source: ./site", "context: ./db"}, []string{"/demo/"}},
		{"no defaults", all + "config --no-normalize", []string{"image: nginx:2"}, []string{"default:", "rich_back"}},
		{"old names are no defaults either", all + "--compatibility config", []string{"image: nginx:2"}, []string{"rich_back"}},
		{"env_file unread", all + "config --no-env-resolution", []string{"env_file", "web.env"}, []string{"FROM_FILE"}},
		{"variables", "config --variables", []string{"NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE", "GREETING", "true", "1.27", "big"}, nil},
		{"variables as yaml", "config --variables --format yaml", []string{"GREETING:", "defaultvalue: \"1.27\""}, nil},
		{"names of raw files", "config --no-interpolate --services --profile x", nil, nil},
		{"services of raw files", "config --no-interpolate --services", []string{"db\n"}, nil},
		{"profiles", all + "config --profiles", []string{"front\n"}, nil},
		{"environment", all + "config --environment", []string{"GREETING=hi\n", "TAG=2\n", "COMPOSE_PROJECT_NAME=rich\n"}, nil},
		{"one service", all + "config db", []string{"db:", "SIZE"}, []string{"nginx"}},
	} {
		if tt.out == nil {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			o := command(t, richFiles(), strings.Fields(tt.args)...)
			if o.code != 0 {
				t.Fatalf("%+v", o)
			}
			for _, part := range tt.out {
				if !strings.Contains(o.out, part) {
					t.Errorf("no %q in\n%s", part, o.out)
				}
			}
			for _, part := range tt.not {
				if strings.Contains(o.out, part) {
					t.Errorf("%q in\n%s", part, o.out)
				}
			}
		})
	}
}

// TestConfigIsStable: what config prints means the same when it is read again.
func TestConfigIsStable(t *testing.T) {
	first := command(t, richFiles(), strings.Fields("--profile front --env-file x.env config")...)
	second := command(t, map[string]string{"again.yaml": first.out}, strings.Fields("-f again.yaml --profile front config")...)
	paths := strings.NewReplacer()
	if second.code != 0 || len(second.out) == 0 {
		t.Fatalf("%+v", second)
	}
	var a, b map[string]any
	if yaml.Unmarshal([]byte(paths.Replace(first.out)), &a) != nil || yaml.Unmarshal([]byte(second.out), &b) != nil {
		t.Fatal("no YAML")
	}
	want, got := a["services"].(map[string]any)["web"], b["services"].(map[string]any)["web"]
	x, _ := json.Marshal(want)
	y, _ := json.Marshal(got)
	if string(x) != string(y) {
		t.Errorf("first\n%s\nthen\n%s", x, y)
	}
}

func TestConfigRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"config --format toml":                  `unsupported format "toml"`,
		"config --variables --format toml":      `format value "toml" could not be parsed`,
		"config --no-interpolate --hash *":      "--hash needs the files as they are run",
		"config":                                "GREETING",
		"--env-file x.env config --hash nobody": "no such service: nobody",
	} {
		if args == "config --format toml" {
			args = "--env-file x.env " + args
		}
		o := command(t, richFiles(), strings.Fields(args)...)
		if o.code != 1 || o.out != "" || !strings.Contains(o.errOut, want) {
			t.Errorf("%s: %+v, want %q", args, o, want)
		}
	}
}

// TestConfigOfWhatContradictsItself: --no-consistency prints it, and nothing else does.
func TestConfigOfWhatContradictsItself(t *testing.T) {
	files := map[string]string{"compose.yaml": "services:\n  web:\n    image: a\n    networks: [nowhere]\n"}
	if o := command(t, files, "config"); o.code != 1 || !strings.Contains(o.errOut, "compose.yaml:4") {
		t.Errorf("%+v", o)
	}
	if o := command(t, files, "config", "--no-consistency"); o.code != 0 || !strings.Contains(o.out, "nowhere") {
		t.Errorf("%+v", o)
	}
}

// TestOldFlags: old names of flags work, and say what is used now.
func TestOldFlags(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/compose.yaml", []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := command(t, nil, "--workdir", dir, "config", "--services"); o.code != 0 || o.out != "db\nweb\n" || !strings.Contains(o.errOut, "--project-directory") {
		t.Errorf("%+v", o)
	}
	for args, want := range map[string]string{
		"--no-ansi --ansi always ls":                 "cannot specify DEPRECATED",
		"--workdir a --project-directory b ls":       "cannot specify DEPRECATED",
		"--ansi never --progress tty ls":             "can't use --progress tty while ANSI support is disabled",
		"--ansi always --progress plain ls":          "can't use --progress plain while ANSI support is forced",
		"--ansi sometimes ls":                        `invalid value for --ansi: "sometimes"`,
		"--insecure-registry x --no-ansi ls --bogus": "unknown flag: --bogus",
	} {
		if o := command(t, nil, strings.Fields(args)...); o.code != 1 || o.out != "" || !strings.Contains(o.errOut, want) {
			t.Errorf("%s: %+v, want %q", args, o, want)
		}
	}
	if o := command(t, nil, "--no-ansi", "--insecure-registry", "x", "ls"); o.code != 0 || !strings.Contains(o.errOut, "--ansi never") || !strings.Contains(o.errOut, "has no effect") {
		t.Errorf("%+v", o)
	}
}
