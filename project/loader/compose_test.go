package loader_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

func names(p *project.Project) string {
	var out []string
	for _, s := range p.Services {
		out = append(out, s.Name)
	}
	return strings.Join(out, " ")
}

func keys(notices []project.Notice) string {
	var out []string
	for _, n := range notices {
		out = append(out, n.Key)
	}
	return strings.Join(out, " ")
}

func env(lines ...string) func(*loader.Options) {
	return func(o *loader.Options) { o.Environ = append(o.Environ, lines...) }
}

// TestOverride: files are merged in order, notices follow !reset, and the
// position is that of the first definition.
func TestOverride(t *testing.T) {
	dir := tree(t, "compose.yaml", head+"    build: .\n    mem_swappiness: 1\n    command: a\n",
		"compose.override.yaml", head+"    build: !reset null\n    command: b\n    cpu_count: 1\n")
	p := mustLoad(t, dir).Project
	if got := strings.Join(p.Services[0].Command, " "); got != "b" {
		t.Errorf("command %q", got)
	}
	if got := keys(p.Notices); got != "services.web.mem_swappiness services.web.cpu_count" {
		t.Errorf("notices %s", got)
	}
	if len(p.ConfigFiles) != 2 || p.Services[0].Source.File != dir+"/compose.yaml" {
		t.Errorf("files %v, source %v", p.ConfigFiles, p.Services[0].Source)
	}
}

// TestOverrideTag: !override takes the notices of what it replaces with it.
func TestOverrideTag(t *testing.T) {
	dir := tree(t, "compose.yaml", head+"    volumes: [{type: image, source: x, target: /x}]\n",
		"compose.override.yaml", head+"    volumes: !override ['./a:/a']\n")
	p := mustLoad(t, dir).Project
	if len(p.Services[0].Mounts) != 1 || len(p.Notices) != 0 {
		t.Errorf("mounts %v, notices %v", p.Services[0].Mounts, p.Notices)
	}
}

// TestInclude: included and extended files are walked too, and faults in them
// have their position.
func TestInclude(t *testing.T) {
	files := []string{"compose.yaml", "include: [sub/more.yaml]\nservices:\n  web:\n    extends: {file: base.yaml, service: base}\n",
		"base.yaml", "services:\n  base:\n    mem_swappiness: 1\n    command: x\n",
		"sub/more.yaml", "services:\n  db:\n    cpu_count: 5\n    volumes: ['./d:/d']\n"}
	dir := tree(t, files...)
	p := mustLoad(t, dir).Project
	if names(p) != "db web" || p.Services[0].Mounts[0].Source != dir+"/sub/d" || p.Services[1].Command[0] != "x" {
		t.Errorf("services %+v", p.Services)
	}
	if got := keys(p.Notices); got != "services.base.mem_swappiness services.db.cpu_count" {
		t.Errorf("notices %s", got)
	}
	files[5] = "services:\n  db:\n    imag: x\n"
	if got := fault(t, tree(t, files...)).Error(); got != `sub/more.yaml:3: services.db.imag: unknown key (did you mean "image"?)` {
		t.Error(got)
	}
}

// TestProfiles: what is enabled, by flag, environment and command line.
func TestProfiles(t *testing.T) {
	dir := tree(t, "compose.yaml", "services:\n  a: {}\n  b: {profiles: [x]}\n  c: {profiles: [y], credential_spec: {file: x}}\n")
	for _, tt := range []struct {
		name           string
		change         func(*loader.Options)
		want, disabled string
	}{
		{"none", func(*loader.Options) {}, "a", "b c"},
		{"flag", func(o *loader.Options) { o.Profiles = []string{"x"} }, "a b", "c"},
		{"environment", env("COMPOSE_PROFILES=x,"), "a b", "c"},
		{"named service", func(o *loader.Options) { o.Services = []string{"b"} }, "a b", "c"},
	} {
		p := mustLoad(t, dir, tt.change).Project
		if names(p) != tt.want || strings.Join(p.Disabled, " ") != tt.disabled {
			t.Errorf("%s: enabled %s, disabled %v", tt.name, names(p), p.Disabled)
		}
	}
	all := func(o *loader.Options) { o.Profiles = []string{"*"} }
	if got := fault(t, dir, all).Error(); !strings.Contains(got, "services.c.credential_spec is not possible") {
		t.Error(got)
	}
	if got := fault(t, dir, func(o *loader.Options) { o.Services = []string{"z"} }).Error(); !strings.HasPrefix(got, "no such service: z") {
		t.Error(got)
	}
}

// TestName: where the project's name comes from.
func TestName(t *testing.T) {
	named := "name: From-File${N}\n" + oneService
	for _, tt := range []struct {
		name, text string
		change     func(*loader.Options)
		want       string
	}{
		{"directory", oneService, func(*loader.Options) {}, "demo"},
		{"file", named, env("N=2"), "from-file2"},
		{"environment", named, env("COMPOSE_PROJECT_NAME=env"), "env"},
		{"flag", named, func(o *loader.Options) {
			o.ProjectName = "flag"
			o.Environ = append(o.Environ, "COMPOSE_PROJECT_NAME=env")
		}, "flag"},
	} {
		l := mustLoad(t, tree(t, "compose.yaml", tt.text), tt.change)
		if l.Project.Name != tt.want || l.Model.Name != tt.want {
			t.Errorf("%s: %q, %q", tt.name, l.Project.Name, l.Model.Name)
		}
	}
	bad := func(o *loader.Options) { o.ProjectName = "Bad Name" }
	if got := fault(t, tree(t, "compose.yaml", named), bad).Error(); !strings.HasPrefix(got, `-p: invalid project name "Bad Name"`) {
		t.Error(got)
	}
}

// TestStdin: "-" is standard input, with the working directory as project's.
func TestStdin(t *testing.T) {
	dir := tree(t, "x", "")
	p := mustLoad(t, dir, func(o *loader.Options) {
		o.Files, o.Stdin = []string{"-"}, strings.NewReader(oneService)
	}).Project
	if p.WorkingDir != dir || !slices.Equal(p.ConfigFiles, []string{"-"}) {
		t.Errorf("%+v", p)
	}
}

// TestConfig: the rendered model loads again to the same project.
func TestConfig(t *testing.T) {
	dir := tree(t, "compose.yaml", manyServices(5))
	l := mustLoad(t, dir)
	for _, format := range []string{"yaml", "json"} {
		out, err := l.Config(format)
		if err != nil {
			t.Fatal(err)
		}
		again := mustLoad(t, tree(t, "compose.yaml", string(out))).Project
		for i := range again.Services {
			if l.Project.Hash(&l.Project.Services[i]) != again.Hash(&again.Services[i]) {
				t.Errorf("%s: %+v\nbecame %+v", format, l.Project.Services[i], again.Services[i])
			}
		}
	}
	if _, err := l.Config("xml"); err == nil {
		t.Error("xml is no format")
	}
	raw := mustLoad(t, dir, func(o *loader.Options) { o.NoInterpolate = true })
	out, err := raw.Config("yaml")
	if err != nil || !strings.Contains(string(out), "${USER}") || raw.Project != nil {
		t.Errorf("without interpolation: %v\n%s", err, out)
	}
}

// TestConcurrentLoads: each load has its own warnings.
func TestConcurrentLoads(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		name := fmt.Sprintf("V%d", i)
		dir := tree(t, "compose.yaml", head+"    command: x $"+name+" ${"+name+"}\n")
		wg.Go(func() {
			l, err := load(t, dir)
			want := fmt.Sprintf("The %q variable is not set. Defaulting to a blank string.", name)
			if err != nil || !slices.Equal(l.Warnings, []string{want}) {
				t.Errorf("%s: %v, %v", name, l, err)
			}
		})
	}
	wg.Wait()
}

// TestTolerant: what cannot be run can be printed, with notices.
func TestTolerant(t *testing.T) {
	dir := tree(t, "compose.yaml", head+"    image: nginx\n    credential_spec: {file: x}\n    volumes: [{type: bind, source: ./none, target: /x}]\n")
	l := mustLoad(t, dir, func(o *loader.Options) { o.Tolerant = true })
	if got := keys(l.Project.Notices); got != "services.web.credential_spec" {
		t.Errorf("notices %s", got)
	}
	out, err := l.Config("yaml")
	if err != nil || !strings.Contains(string(out), "image: nginx") || l.Project.Services[0].Image != "nginx" {
		t.Errorf("%v\n%s", err, out)
	}
}
