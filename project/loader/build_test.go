package loader_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// TestBuild: a build section with all keys, and the short form.
func TestBuild(t *testing.T) {
	dir := tree(t, "compose.yaml", `
services:
  web:
    build:
      context: ./app
      dockerfile: web.Dockerfile
      target: prod
      args: {A: "1", FROM_ENV: , NOT_SET: }
      labels: [x=y]
      tags: ["reg.example.org/web:2"]
      additional_contexts: {src: ./src, base: "docker-image://busybox", api: "service:api"}
      secrets: [token, {source: file, target: other}]
      ssh: {default: , key: ./id}
      network: none
      extra_hosts: {db: 10.0.0.1}
      shm_size: 128m
      ulimits: {nofile: {soft: 10, hard: 20}}
      no_cache: true
      pull: true
      cache_from: [reg.example.org/web]
      platforms: [linux]
    image: web
  api: {build: .}
secrets:
  token: {environment: TOKEN}
  file: {file: ./secret}
`)
	p := mustLoad(t, dir, env("TOKEN=hush", "FROM_ENV=2")).Project
	b := p.Services[1].Build
	if len(b.Secrets) != 2 || b.Secrets[0].Value != "hush" || b.Secrets[1].ID != "other" {
		t.Errorf("secrets %+v", b.Secrets)
	}
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(string(text), dir, "DIR")
	const want = `{"context":"DIR/app","dockerfile":"web.Dockerfile","contexts":{"api":"service:api","base":"docker-image://busybox","src":"DIR/src"},` +
		`"target":"prod","args":{"A":"1","FROM_ENV":"2"},"labels":{"x":"y"},"tags":["reg.example.org/web:2"],"no_cache":true,"pull":true,` +
		`"cache_from":["reg.example.org/web"],"platforms":["linux"],"secrets":[{"id":"token","env":"TOKEN","source":"token"},{"id":"other","file":"DIR/secret","source":"file"}],` +
		`"ssh":[{"id":"default"},{"id":"key","path":"DIR/id"}],"network":"none","extra_hosts":["db=10.0.0.1"],"shm_size":134217728,` +
		`"ulimits":[{"name":"nofile","soft":10,"hard":20}],"named":true,"source":{"file":"DIR/compose.yaml","line":4}}`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	api := p.Services[0]
	if api.Image != "demo-api" || api.Build.Named || api.Build.Context != dir || api.Build.Dockerfile != "Dockerfile" {
		t.Errorf("%s %+v", api.Image, api.Build)
	}
	if len(p.Notices) != 0 {
		t.Errorf("notices %+v", p.Notices)
	}
}

// TestBuildsOfDisabled: a build may take files from the image of a service that no
// profile enables.
func TestBuildsOfDisabled(t *testing.T) {
	dir := tree(t, "compose.yaml", "services:\n  web: {build: {context: ., additional_contexts: {b: 'service:base'}}}\n  base: {build: ./base, profiles: [x]}\n")
	p := mustLoad(t, dir).Project
	if s, ok := p.Builder("base"); !ok || s.Image != "demo-base" || names(p) != "web" {
		t.Errorf("%v %+v, services %s", ok, s, names(p))
	}
	if p.WithoutBuilds().Services[0].Build != nil || p.Services[0].Build == nil {
		t.Error("WithoutBuilds")
	}
}

// TestBuildFaults: file, line and remedy.
func TestBuildFaults(t *testing.T) {
	const b = head + "    build:\n      context: .\n"
	for _, tt := range []struct{ name, text, want string }{
		{"two dockerfiles", b + "      dockerfile: x\n      dockerfile_inline: FROM scratch\n", `compose.yaml:5: services.web.build: dockerfile and dockerfile_inline exclude each other (remove one of them)`},
		{"secret", b + "      secrets:\n        - token\n", `compose.yaml:6: services.web.build.secrets: secret "token" is not defined (add it below the top-level secrets:)`},
		{"twins", b + "      secrets: [a, {source: b, target: a}]\nsecrets: {a: {file: x}, b: {file: x}}\n", `compose.yaml:5: services.web.build.secrets: two secrets are called a (give one of them another target)`},
		{"tag", b + "      tags:\n        - A:b\n", `compose.yaml:6: services.web.build.tags: "A:b" is no name of an image (write NAME[:TAG])`},
		{"name by digest", head + "    build: .\n    image: x@sha256:" + strings.Repeat("ab", 32) + "\n", `compose.yaml:4: services.web.image: what is built cannot be named by a digest (write NAME[:TAG], or remove build)`},
		{"rootfs", head + "    build: .\n    image: rootfs:./x\n", `compose.yaml:3: services.web: build cannot make rootfs:./x (write image: NAME[:TAG], or remove build)`},
		{"name of the service", "services:\n  Web:\n    build: .\n", `compose.yaml:3: services.Web.build: invalid reference "demo-Web": the repository's name must be lower case: "demo-Web" would be its image's name (write image: NAME)`},
		{"platforms", b + "      platforms: [linux/s390x, linux/riscv64]\n", `compose.yaml:5: services.web.build.platforms: linux/s390x, linux/riscv64 is not possible (images are built for one platform: name one, or add linux for this machine's)`},
		{"ulimit", b + "      ulimits:\n        files: 1\n", `*compose.yaml:6: services.web.build.ulimits: unknown limit "files"`},
		{"no builder", b + "      additional_contexts:\n        x: service:db\n  db: {image: x}\n", `compose.yaml:5: services.web.build.additional_contexts: service "db" builds no image (give that service a build section, or write docker-image://NAME)`},
		{"circle", b + "      additional_contexts: {x: 'service:a'}\n  a: {build: {context: ., additional_contexts: {x: 'service:web'}}}\n", `*builds need each other in a circle: a -> web -> a`},
		{"unknown key", b + "      dockerfil: x\n", `compose.yaml:5: services.web.build.dockerfil: unknown key (did you mean "dockerfile"?)`},
		{"host", b + "      extra_hosts: {a: b}\n", `compose.yaml:5: services.web.build.extra_hosts: a: "b" is not an address (write NAME=ADDRESS)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := fault(t, tree(t, "compose.yaml", tt.text)).Error()
			if part, ok := strings.CutPrefix(tt.want, "*"); ok && strings.Contains(got, part) {
				return
			}
			if got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestBuildNotices: what is not as written is said once.
func TestBuildNotices(t *testing.T) {
	for text, want := range map[string]string{
		"cache_to: [x]":                     "the cache stays in this machine's store",
		"cache_to: [type=inline]":           "",
		"provenance: true":                  "no attestations are made",
		"provenance: false":                 "",
		"privileged: true":                  "RUN gets all capabilities",
		"platforms: [linux, linux/s390x]":   "not for linux/s390x",
		"network: mine":                     "not mine",
		"secrets: [{source: a, mode: 256}]": "owner and mode of a secret",
	} {
		l := mustLoad(t, tree(t, "compose.yaml", head+"    build: {context: ., "+text+"}\nsecrets: {a: {file: x}}\n"))
		n := l.Project.Notices
		if want == "" && len(n) > 0 || want != "" && (len(n) != 1 || !strings.Contains(n[0].Reason, want) || n[0].Source.Line != 3) {
			t.Errorf("%s: %+v, want one with %q", text, n, want)
		}
	}
}

func TestPullPolicies(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]project.PullPolicy{
		"":                          {},
		"pull_policy: missing":      {Given: "missing"},
		"pull_policy: always":       {When: project.PullAlways, Given: "always"},
		"pull_policy: daily":        {When: project.PullRefresh, Every: day, Given: "daily"},
		"pull_policy: weekly":       {When: project.PullRefresh, Every: 7 * day, Given: "weekly"},
		"pull_policy: every_2d":     {When: project.PullRefresh, Every: 2 * day, Given: "every_2d"},
		"pull_policy: every_1w2d3h": {When: project.PullRefresh, Every: 9*day + 3*time.Hour, Given: "every_1w2d3h"},
		"pull_policy: refresh\n    pull_refresh_after: 90m": {When: project.PullRefresh, Every: 90 * time.Minute, Given: "refresh"},
	} {
		l := mustLoad(t, tree(t, "compose.yaml", head+"    image: x\n    "+text+"\n"))
		if got := l.Project.Services[0].Pull; got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
	for text, want := range map[string]string{
		"every_":    `"" is no duration`,
		"every_x":   `"x" is no duration`,
		"sometimes": `"sometimes" is none of`,
	} {
		_, err := project.ParsePullPolicy(text, "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	err := fault(t, tree(t, "compose.yaml", head+"    image: x\n    pull_policy: sometimes\n"), func(*loader.Options) {})
	if !strings.Contains(err.Error(), "compose.yaml:4") {
		t.Error(err)
	}
}
