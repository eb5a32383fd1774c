package loader

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/locate"
)

// predefine makes UID, GID and USER known to files, so that user: "$UID:$GID"
// works without an export; a shell has UID, but does not export it.
func (l *load) predefine() {
	set := func(name, value string) {
		if _, ok := l.env[name]; !ok && value != "" {
			l.env[name] = value
		}
	}
	set("UID", strconv.Itoa(os.Getuid()))
	set("GID", strconv.Itoa(os.Getgid()))
	if _, ok := l.env["USER"]; !ok {
		if u, err := user.Current(); err == nil {
			set("USER", u.Username)
		}
	}
}

// lookup is a variable's value.
func (l *load) lookup(name string) (string, bool) {
	v, ok := l.env[name]
	return v, ok
}

// scalar interpolates one value; a value that cannot be is returned as it is,
// the load proper reports why.
func (l *load) scalar(s string) string {
	if l.o.NoInterpolate || !strings.Contains(s, "$") {
		return s
	}
	if v, err := locate.Expand(s, l.lookup); err == nil {
		return v
	}
	return s
}

// setName finds the project's name: the flag, COMPOSE_PROJECT_NAME, the last
// name: of the files, the name of the project directory.
func (l *load) setName() error {
	for _, given := range []struct{ from, name string }{
		{"-p", l.o.ProjectName}, {"COMPOSE_PROJECT_NAME", l.where.Name},
	} {
		if given.name == "" {
			continue
		}
		if normalName(given.name) != given.name {
			return &Error{Message: fmt.Sprintf("%s: invalid project name %q", given.from, given.name),
				Hint: "use lower case letters, digits, - and _, beginning with a letter or digit"}
		}
		l.name = given.name
		return nil
	}
	for _, s := range l.files {
		for _, doc := range s.Docs {
			if n := document.Child(doc, "name"); n != nil && n.Kind == yaml.ScalarNode && n.Value != "" {
				l.name = normalName(l.scalar(n.Value))
			}
		}
	}
	if l.name == "" {
		l.name = normalName(filepath.Base(l.where.Dir))
	}
	if l.name == "" {
		return &Error{Message: fmt.Sprintf("the directory name %q gives no project name", filepath.Base(l.where.Dir)), Hint: "give one with -p"}
	}
	return nil
}

// normalName drops what a project name must not have, as docker compose does.
func normalName(s string) string {
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return -1
	}
	return strings.TrimLeft(strings.Map(keep, strings.ToLower(s)), "_-")
}
