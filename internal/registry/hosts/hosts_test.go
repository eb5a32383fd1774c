package hosts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// machine is a root directory with files, and a home in it.
type machine struct {
	root string
	vars map[string]string
}

func newMachine(t *testing.T, files map[string]string) *machine {
	t.Helper()
	m := &machine{root: t.TempDir(), vars: map[string]string{}}
	m.vars["HOME"] = filepath.Join(m.root, "home")
	for name, text := range files {
		path := filepath.Join(m.root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *machine) load() (*Config, error) {
	return load(func(name string) string { return m.vars[name] }, m.root)
}

// ask is the endpoints of a reference, as text: "mirror!:host/path ...": "!" is
// insecure, "+" a mirror.
func ask(t *testing.T, c *Config, ref string) string {
	t.Helper()
	n, err := imageref.Parse(ref)
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.Endpoints(n)
	if err != nil {
		return err.Error()
	}
	var words []string
	for _, e := range list {
		w := e.Host + "/" + e.Path
		if e.Mirror {
			w = "+" + w
		}
		if e.Insecure {
			w += "!"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestEndpoints(t *testing.T) {
	m := newMachine(t, map[string]string{"etc/containers/registries.conf": `
unqualified-search-registries = ["search.example"]
short-name-mode = "enforcing"
[aliases]
"nginx" = "alias.example/nginx"

[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.example/hub"
[[registry.mirror]]
location = "digests.example"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tags.example:5000"
insecure = true
pull-from-mirror = "tag-only"

[[registry]]
prefix = "example.com/foo"
location = "internal.example/bar/"
insecure = true

[[registry]]
prefix = "example.com/foo/special"
location = "special.example"

[[registry]]
prefix = "*.wild.example"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m.example"

[[registry]]
prefix = "one.wild.example"
blocked = true

[[registry]]
prefix = "bad.example/evil"
blocked = true

[[registry]]
prefix = "tagged.example/a:1"
location = "elsewhere.example/a"
`})
	c, err := m.load()
	if err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{
		"nginx":                          "+mirror.example/hub/library/nginx +tags.example:5000/library/nginx! registry-1.docker.io/library/nginx",
		"nginx" + digest:                 "+mirror.example/hub/library/nginx +digests.example/library/nginx registry-1.docker.io/library/nginx",
		"example.com/foo/app:1":          "internal.example/bar/app!",
		"example.com/foo":                "internal.example/bar!",
		"example.com/foobar":             "example.com/foobar",
		"example.com/foo/special/x":      "special.example/x",
		"example.com:5000/foo/app":       "example.com:5000/foo/app",
		"a.wild.example/x":               "a.wild.example/x",
		"a.b.wild.example/x" + digest:    "+m.example/x a.b.wild.example/x",
		"a.wild.example:5000/x" + digest: "+m.example/x a.wild.example:5000/x",
		"wild.example/x":                 "wild.example/x",
		"evilwild.example/x":             "evilwild.example/x",
		"one.wild.example/x:2":           "one.wild.example/x:2 is blocked: registries.conf has blocked = true for one.wild.example",
		"bad.example/evil/x":             "bad.example/evil/x:latest is blocked: registries.conf has blocked = true for bad.example/evil",
		"bad.example/evilness":           "bad.example/evilness",
		"tagged.example/a:1":             "elsewhere.example/a",
		"tagged.example/a:12":            "tagged.example/a",
		"localhost/x":                    "localhost/x!",
		"127.3.2.1:5000/x":               "127.3.2.1:5000/x!",
		"10.0.0.1:5000/x":                "10.0.0.1:5000/x",
	} {
		if got := ask(t, c, ref); got != want {
			t.Errorf("%s:\n got %s\nwant %s", ref, got, want)
		}
	}
}

func TestWhichFilesCount(t *testing.T) {
	table := func(host string) string {
		return fmt.Sprintf("[[registry]]\nprefix = \"a.example\"\nlocation = %q\n", host)
	}
	m := newMachine(t, map[string]string{
		"etc/containers/registries.conf":                    table("system.example"),
		"etc/containers/registries.conf.d/10.conf":          table("ten.example"),
		"etc/containers/registries.conf.d/5.conf":           table("five.example"),
		"etc/containers/registries.conf.d/x.txt":            "not read",
		"home/.config/containers/registries.conf":           table("user.example") + "[[registry]]\nlocation=\"u.example\"\ninsecure=true\n",
		"home/.config/containers/registries.conf.d/me.conf": table("drop.example"),
		"own.conf": table("own.example"),
	})
	for n, step := range []struct{ remove, want string }{
		{"", "drop.example/x"}, {"home/.config/containers/registries.conf.d/me.conf", "five.example/x"},
		{"etc/containers/registries.conf.d/5.conf", "ten.example/x"}, {"etc/containers/registries.conf.d/10.conf", "user.example/x"},
		{"home/.config/containers/registries.conf", "system.example/x"}, {"etc/containers/registries.conf", "a.example/x"},
	} {
		if step.remove != "" {
			if err := os.Remove(filepath.Join(m.root, step.remove)); err != nil {
				t.Fatal(err)
			}
		}
		c, err := m.load()
		if err != nil || ask(t, c, "a.example/x") != step.want {
			t.Errorf("step %d: %v %v, want %s", n, ask(t, c, "a.example/x"), err, step.want)
		}
		if n == 0 && ask(t, c, "u.example/x") != "u.example/x!" {
			t.Error("the user's file is not read beside the drop-ins")
		}
	}
	m.vars["CONTAINERS_REGISTRIES_CONF"] = filepath.Join(m.root, "own.conf")
	if c, err := m.load(); err != nil || ask(t, c, "a.example/x") != "own.example/x" {
		t.Error(err)
	}
	m.vars["CONTAINERS_REGISTRIES_CONF"] = filepath.Join(m.root, "missing.conf")
	if _, err := m.load(); err == nil {
		t.Error("a file that the variable names and that is not there is overlooked")
	}
}

func TestFirstVersion(t *testing.T) {
	m := newMachine(t, map[string]string{"etc/containers/registries.conf": "[registries.search]\nregistries=['x']\n[registries.insecure]\nregistries = ['i.example']\n[registries.block]\nregistries=['b.example']\n"})
	c, err := m.load()
	if err != nil || ask(t, c, "i.example/x") != "i.example/x!" || !strings.Contains(ask(t, c, "b.example/x"), "blocked") {
		t.Errorf("%v %v", ask(t, c, "i.example/x"), err)
	}
}

func TestBadFiles(t *testing.T) {
	for text, words := range map[string]string{
		"[[registry]]\nlocation = ":                                                            "line 2",
		"x = 1\n[[registry]\n":                                                                 "line 3",
		"[[registry]]\ninsecure = true":                                                        "neither prefix nor location",
		"[[registry]]\nprefix = 'a.*.example'\nlocation='x'":                                   "a * stands only at the beginning",
		"[[registry]]\nprefix = '*.a/b'":                                                       "a * stands only at the beginning",
		"[[registry]]\nlocation = 'https://a.example'":                                         "leave https:// out",
		"[[registry]]\nlocation='a'\n[[registry.mirror]]\n":                                    "mirror 1",
		"[[registry]]\nlocation='a'\n[[registry.mirror]]\nlocation='m'\npull-from-mirror='no'": "digest-only or tag-only",
		"[[registry]]\nlocation='a'\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation='m'\npull-from-mirror='all'": "exclude each other",
		"[[registry]]\nlocation='a'\n[registries.block]\nregistries=['b']":                                                  "mixes",
		"[[registry]]\nlocation='a'\nblocked='yes'":                                                                         "blocked",
	} {
		m := newMachine(t, map[string]string{"etc/containers/registries.conf": text})
		if _, err := m.load(); err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "registries.conf") {
			t.Errorf("%q: %v, without %q", text, err, words)
		}
	}
}

func TestDaemon(t *testing.T) {
	m := newMachine(t, map[string]string{"etc/docker/daemon.json": `{"registry-mirrors": ["https://m.example/", "http://plain.example:5000"],
		"insecure-registries": ["i.example", "10.0.0.0/8", "p.example:5000"], "max-concurrent-downloads": 7, "max-download-attempts": 2, "log-driver": "x"}`})
	c, err := m.load()
	if err != nil || c.Parallel != 7 || c.Attempts != 2 {
		t.Fatalf("%+v %v", c, err)
	}
	for ref, want := range map[string]string{
		"nginx":            "+m.example/library/nginx +plain.example:5000/library/nginx! registry-1.docker.io/library/nginx",
		"ghcr.io/x/y":      "ghcr.io/x/y",
		"i.example/x":      "i.example/x!",
		"i.example:444/x":  "i.example:444/x!",
		"10.1.2.3:5000/x":  "10.1.2.3:5000/x!",
		"11.1.2.3:5000/x":  "11.1.2.3:5000/x",
		"p.example:5000/x": "p.example:5000/x!",
		"p.example/x":      "p.example/x",
	} {
		if got := ask(t, c, ref); got != want {
			t.Errorf("%s: %s, want %s", ref, got, want)
		}
	}
	m = newMachine(t, map[string]string{"home/.config/docker/daemon.json": `{"registry-mirrors": ["m.example"]}`})
	if _, err := m.load(); err == nil || !strings.Contains(err.Error(), "it is https://HOST") {
		t.Error(err)
	}
}

func FuzzRegistries(f *testing.F) {
	f.Add("[[registry]]\nprefix='*.e'\nlocation='x/y'\n[[registry.mirror]]\nlocation='m'", "a.e/b:1")
	f.Add("[registries.insecure]\nregistries=['a']", "a/b")
	f.Fuzz(func(t *testing.T, text, ref string) {
		tables, err := parseRegistries([]byte(text))
		if err != nil {
			return
		}
		n, err := imageref.Parse(ref)
		if err != nil {
			return
		}
		c := &Config{}
		c.merge(tables)
		list, err := c.Endpoints(n)
		if err == nil && (len(list) == 0 || list[len(list)-1].Mirror || list[0].Host == "") {
			t.Fatalf("%q: %+v", ref, list)
		}
	})
}
