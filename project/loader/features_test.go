package loader_test

import (
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// feature is something of the format, files that use it, and what they come to.
type feature struct {
	name  string
	files []string // name, content …; compose.yaml is the one that is read
	env   []string
	set   func(*loader.Options)
	want  string // what show prints of the service web, or "name: …", "services: …", "warn: …"
}

func with(files ...string) func(*loader.Options) {
	return func(o *loader.Options) { o.Files = files }
}

func standard(text string) func(*loader.Options) {
	return func(o *loader.Options) { o.Stdin, o.Files = strings.NewReader(text), []string{"-"} }
}

const web = "services:\n  web:\n    image: a\n"

// features is what the loader has of the compose specification beside keys.
var features = []feature{
	// Interpolation.
	{name: "variable", files: []string{"compose.yaml", web + "    command: [$A, '${A}b']\n"}, env: []string{"A=1"}, want: "command: 1|1b"},
	{name: "default", files: []string{"compose.yaml", web + "    command: ['${A:-d}', '${A-d}', '${B:-d}', '${B-d}']\n"}, env: []string{"A="}, want: "command: d||d|d"},
	{name: "instead", files: []string{"compose.yaml", web + "    command: ['${A:+r}', '${A+r}', '${B:+r}', '${C:+r}']\n"}, env: []string{"A=", "C=1"}, want: "command: |r||r"},
	{name: "nested", files: []string{"compose.yaml", web + "    command: ['${A:-${B:-${C}}}']\n"}, env: []string{"C=c"}, want: "command: c"},
	{name: "dollar", files: []string{"compose.yaml", web + "    command: ['$$A', '$${A}']\n"}, env: []string{"A=1"}, want: "command: $A|${A}"},
	{name: "required and there", files: []string{"compose.yaml", web + "    command: ['${A:?no}']\n"}, env: []string{"A=1"}, want: "command: 1"},
	{name: "number by variable", files: []string{"compose.yaml", web + "    scale: ${N}\n"}, env: []string{"N=3"}, want: "scale: 3"},
	{name: "unset says so", files: []string{"compose.yaml", web + "    command: [x, '$NONE']\n"}, want: `warn: The "NONE" variable is not set. Defaulting to a blank string.`},
	{name: "keys are as they are", files: []string{"compose.yaml", web + "    labels: {'$A': '$A'}\n"}, env: []string{"A=1"}, want: "labels: $A=1"},

	// What is predefined.
	{name: "UID and GID", files: []string{"compose.yaml", web + "    user: '${UID}:${GID}'\n"}, env: []string{"UID=7", "GID=8"}, want: "user: 7:8"},
	{name: "project name", files: []string{"compose.yaml", "name: shop\n" + web + "    command: ['$COMPOSE_PROJECT_NAME']\n"}, want: "command: shop"},

	// .env and --env-file.
	{name: ".env", files: []string{"compose.yaml", web + "    command: ['$A']\n", ".env", "A=env\n"}, want: "command: env"},
	{name: "environment over .env", files: []string{"compose.yaml", web + "    command: ['$A']\n", ".env", "A=env\n"}, env: []string{"A=shell"}, want: "command: shell"},
	{name: "--env-file several", files: []string{"compose.yaml", web + "    command: ['$A$B']\n", ".env", "A=no\n", "1.env", "A=1\nB=1\n", "2.env", "B=2\n"},
		set: func(o *loader.Options) { o.EnvFiles = []string{"1.env", "2.env"} }, want: "command: 12"},
	{name: "COMPOSE_ENV_FILES", files: []string{"compose.yaml", web + "    command: ['$A$B']\n", "1.env", "A=1\n", "2.env", "B=2\n"}, env: []string{"COMPOSE_ENV_FILES=1.env,2.env"}, want: "command: 12"},
	{name: "COMPOSE_DISABLE_ENV_FILE", files: []string{"compose.yaml", web + "    command: [x, '${A-unset}']\n", ".env", "A=1\n"}, env: []string{"COMPOSE_DISABLE_ENV_FILE=1"}, want: "command: x|unset"},
	{name: ".env with quotes and references", files: []string{"compose.yaml", web + "    command: ['$C']\n", ".env", "A='a $X'\nexport B=\"b\\t${A}\" # remark\nC=$B\n"}, want: "command: b\ta $X"},

	// Files and merging.
	{name: "several -f", files: []string{"a.yaml", web + "    command: [x]\n    labels: {a: 1, b: 1}\n    ports: ['80']\n", "b.yaml", "services:\n  web:\n    command: [y]\n    labels: {b: 2}\n    ports: ['81']\n"},
		set: with("a.yaml", "b.yaml"), want: "command: y; labels: a=1,b=2; ports: 80,81"},
	{name: "override beside it", files: []string{"compose.yaml", web, "compose.override.yaml", "services: {web: {command: [o]}}\n"}, want: "command: o"},
	{name: "-f -", files: []string{"other.yaml", ""}, set: standard(web + "    command: [in]\n"), want: "command: in"},
	{name: "COMPOSE_FILE", files: []string{"a.yaml", web, "b.yaml", "services: {web: {command: [b]}}\n"}, env: []string{"COMPOSE_FILE=a.yaml:b.yaml"}, want: "command: b"},
	{name: "COMPOSE_PATH_SEPARATOR", files: []string{"a.yaml", web, "b.yaml", "services: {web: {command: [b]}}\n"}, env: []string{"COMPOSE_FILE=a.yaml;b.yaml", "COMPOSE_PATH_SEPARATOR=;"}, want: "command: b"},
	{name: "!reset", files: []string{"a.yaml", web + "    ports: ['80']\n    command: [x]\n", "b.yaml", "services:\n  web:\n    ports: !reset []\n    command: !reset null\n"},
		set: with("a.yaml", "b.yaml"), want: "image: a"},
	{name: "!override", files: []string{"a.yaml", web + "    ports: ['80', '81']\n", "b.yaml", "services:\n  web:\n    ports: !override ['90']\n"}, set: with("a.yaml", "b.yaml"), want: "ports: 90"},
	{name: "environment as list and mapping", files: []string{"a.yaml", web + "    environment: [A=1, B=1]\n", "b.yaml", "services: {web: {environment: {B: 2}}}\n"}, set: with("a.yaml", "b.yaml"), want: "environment: A=1,B=2"},
	{name: "anchors and merge keys", files: []string{"compose.yaml", "x-l: &l {a: 1, b: 1}\nservices:\n  web:\n    image: a\n    labels: {<<: *l, b: 2}\n"}, want: "labels: a=1,b=2"},
	{name: "x- keys", files: []string{"compose.yaml", "x-any: {thing: [1]}\n" + web + "    x-more: true\n    command: [x]\n"}, want: "command: x"},
	{name: "several documents", files: []string{"compose.yaml", web + "    command: [x]\n---\nservices: {web: {command: [y]}}\n"}, want: "command: y"},

	// include and extends.
	{name: "include", files: []string{"compose.yaml", "include: [sub/compose.yaml]\n" + web, "sub/compose.yaml", "services: {db: {image: b}}\n"}, want: "services: db web"},
	{name: "include with its .env", files: []string{"compose.yaml", "include: [sub/compose.yaml]\nservices: {z: {image: z}}\n", "sub/compose.yaml", web + "    command: ['$A']\n", "sub/.env", "A=sub\n"}, want: "command: sub"},
	{name: "include env_file", files: []string{"compose.yaml", "include: [{path: sub/compose.yaml, env_file: x.env}]\nservices: {z: {image: z}}\n", "sub/compose.yaml", web + "    command: ['$A']\n", "x.env", "A=x\n"}, want: "command: x"},
	{name: "include with an override", files: []string{"compose.yaml", "include: [{path: [sub/a.yaml, sub/b.yaml]}]\nservices: {z: {image: z}}\n", "sub/a.yaml", web, "sub/b.yaml", "services: {web: {command: [b]}}\n"}, want: "command: b"},
	{name: "include project_directory", files: []string{"compose.yaml", "include: [{path: sub/a.yaml, project_directory: other}]\nservices: {z: {image: z}}\n", "sub/a.yaml", web + "    volumes: ['./d:/d']\n", "other/x", ""}, want: "mounts: DIR/other/d:/d"},
	{name: "extends", files: []string{"compose.yaml", "services:\n  base: {image: a, command: [b], labels: {a: 1}}\n  web: {extends: base, labels: {b: 2}}\n"}, want: "command: b; labels: a=1,b=2"},
	{name: "extends a file", files: []string{"compose.yaml", "services: {web: {extends: {file: sub/b.yaml, service: base}}}\n", "sub/b.yaml", "services: {base: {image: a, volumes: ['./d:/d']}}\n"}, want: "mounts: DIR/sub/d:/d"},
	{name: "a chain of extends", files: []string{"compose.yaml", "services:\n  a: {image: a, command: [a]}\n  b: {extends: a, user: '5'}\n  web: {extends: b, labels: {c: 1}}\n"}, want: "command: a; user: 5; labels: c=1"},

	// Profiles and names.
	{name: "profiles", files: []string{"compose.yaml", web + "  debug: {image: d, profiles: [debug]}\n"}, want: "services: web"},
	{name: "--profile", files: []string{"compose.yaml", web + "  debug: {image: d, profiles: [debug]}\n"}, set: func(o *loader.Options) { o.Profiles = []string{"debug"} }, want: "services: debug web"},
	{name: "COMPOSE_PROFILES in .env", files: []string{"compose.yaml", web + "  debug: {image: d, profiles: [debug]}\n", ".env", "COMPOSE_PROFILES=other,debug\n"}, want: "services: debug web"},
	{name: "the profile without a name", files: []string{"compose.yaml", web + "  debug: {image: d, profiles: ['${OFF:-}']}\n"}, want: "services: debug web"},
	{name: "the profile without a name, turned off", files: []string{"compose.yaml", web + "  debug: {image: d, profiles: ['${OFF:-}']}\n", ".env", "OFF=off\n"}, want: "services: web"},
	{name: "the profile without a name beside --profile", files: []string{"compose.yaml", web + "  debug: {image: d, profiles: ['${OFF:-}']}\n"}, set: func(o *loader.Options) { o.Profiles = []string{"x"} }, want: "services: web"},
	{name: "a named service enables itself", files: []string{"compose.yaml", web + "  debug: {image: d, profiles: [debug]}\n"}, set: func(o *loader.Options) { o.Services = []string{"debug"} }, want: "services: debug web"},
	{name: "name by variable", files: []string{"compose.yaml", "name: shop-${N}\n" + web}, env: []string{"N=1"}, want: "name: shop-1"},
	{name: "COMPOSE_PROJECT_NAME over name", files: []string{"compose.yaml", "name: shop\n" + web}, env: []string{"COMPOSE_PROJECT_NAME=env"}, want: "name: env"},
	{name: "-p over all", files: []string{"compose.yaml", "name: shop\n" + web}, env: []string{"COMPOSE_PROJECT_NAME=env"}, set: func(o *loader.Options) { o.ProjectName = "flag" }, want: "name: flag"},
	{name: "version says so once", files: []string{"compose.yaml", "version: '3'\n" + web}, want: "warn: DIR/compose.yaml: the attribute `version` is obsolete, it will be ignored, please remove it to avoid potential confusion"},

	// Files of variables and labels.
	{name: "env_file", files: []string{"compose.yaml", web + "    env_file: [a.env, b.env]\n    environment: {C: own}\n", "a.env", "A=1\nB=1\nC=1\n", "b.env", "B=\"two $A\"\n"}, want: "environment: A=1,B=two 1,C=own"},
	{name: "env_file that may be missing", files: []string{"compose.yaml", web + "    env_file: [{path: none.env, required: false}]\n"}, want: "image: a"},
	{name: "env_file raw", files: []string{"compose.yaml", web + "    env_file: [{path: a.env, format: raw}]\n", "a.env", "A='$B' \"c\"\n"}, want: `environment: A='$B' "c"`},
	{name: "label_file", files: []string{"compose.yaml", web + "    label_file: a.labels\n    labels: {b: own}\n", "a.labels", "a=1\nb=1\n"}, want: "labels: a=1,b=own"},
	{name: "variable without a value", files: []string{"compose.yaml", web + "    environment: [A, NONE]\n"}, env: []string{"A=1"}, want: "environment: A=1,NONE"},
	{name: "annotations", files: []string{"compose.yaml", web + "    annotations: {a: b}\n"}, want: "annotations: a=b"},
}

// show prints what a feature may have changed of a service.
func show(s *project.Service, dir string) string {
	var out []string
	add := func(name, value string) {
		if value != "" {
			out = append(out, name+": "+strings.ReplaceAll(value, dir, "DIR"))
		}
	}
	mapping := func(m map[string]string) string {
		var list []string
		for k, v := range m {
			list = append(list, k+"="+v)
		}
		sort.Strings(list)
		return strings.Join(list, ",")
	}
	var ports, mounts []string
	for _, p := range s.Ports {
		ports = append(ports, strconv.Itoa(int(p.Target)))
	}
	for _, m := range s.Mounts {
		mounts = append(mounts, m.Source+":"+m.Target)
	}
	add("image", s.Image)
	add("command", strings.Join(s.Command, "|"))
	add("user", s.User)
	add("scale", strconv.Itoa(s.Scale))
	add("environment", strings.Join(s.Environment, ","))
	add("labels", mapping(s.Labels))
	add("annotations", mapping(s.Annotations))
	add("ports", strings.Join(ports, ","))
	add("mounts", strings.Join(mounts, ","))
	return strings.Join(out, "; ")
}

// TestFeatures: each of them alone, and what it comes to. Nothing is warned of but where
// the table says so.
func TestFeatures(t *testing.T) {
	for _, f := range features {
		t.Run(f.name, func(t *testing.T) {
			dir := tree(t, f.files...)
			o := loader.Options{WorkingDir: dir, Environ: append([]string{"HOME=/home/u"}, f.env...)}
			if f.set != nil {
				f.set(&o)
			}
			l, err := loader.Load(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			kind, _, _ := strings.Cut(f.want, ": ")
			switch kind {
			case "name":
				compare(t, "name: "+l.Project.Name, f.want)
			case "services":
				compare(t, "services: "+names(l.Project), f.want)
			case "warn":
				compare(t, "warn: "+strings.ReplaceAll(strings.Join(l.Warnings, "; "), dir, "DIR"), f.want)
			default:
				s, _ := l.Project.Service("web")
				if got := show(s, dir); !containsAll(got, strings.Split(f.want, "; ")) {
					t.Errorf("got  %s\nwant %s", got, f.want)
				}
				if len(l.Warnings) > 0 || len(l.Project.Notices) > 0 {
					t.Errorf("warns: %q %v", l.Warnings, l.Project.Notices)
				}
			}
		})
	}
}

// containsAll wants each part as a whole: no other value may follow it.
func containsAll(got string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains("; "+got+"; ", "; "+p+"; ") {
			return false
		}
	}
	for _, key := range []string{"ports", "command"} { // what !reset takes away is not there
		if strings.Contains(got, key+": ") && !strings.Contains(strings.Join(parts, "; "), key+": ") {
			return false
		}
	}
	return true
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestPredefined: UID, GID and USER are known though the environment lacks them, and
// nothing is warned of.
func TestPredefined(t *testing.T) {
	dir := tree(t, "compose.yaml", web+"    user: \"${UID}:${GID}\"\n    labels: {u: '$USER'}\n")
	l, err := loader.Load(t.Context(), loader.Options{WorkingDir: dir, Environ: []string{"HOME=/home/u"}})
	if err != nil {
		t.Fatal(err)
	}
	s := l.Project.Services[0]
	if want := strconv.Itoa(os.Getuid()) + ":" + strconv.Itoa(os.Getgid()); s.User != want || s.Labels["u"] == "" || len(l.Warnings) > 0 {
		t.Errorf("user %q, want %q; USER is %q; warns %q", s.User, want, s.Labels["u"], l.Warnings)
	}
}
