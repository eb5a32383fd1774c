package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/project"
)

var update = flag.Bool("update", false, "write the generated parts of docs/")

// inert are flags that are taken and change nothing, by command and flag, and why.
var inert = map[string]string{
	"--insecure-registry": "compose files are not got from registries",
	"build --builder":     "there is one builder", "build --memory": "a build has the limits that you have yourself",
	"build --provenance": "no attestations are made", "build --sbom": "no attestations are made",
	"build --compress": "docker compose ignores it too", "build --force-rm": "docker compose ignores it too",
	"build --no-rm": "docker compose ignores it too", "build --parallel": "docker compose ignores it too",
	"pull --parallel": "docker compose ignores it too", "pull --no-parallel": "docker compose ignores it too",
	"rm --all": "docker compose ignores it too",
}

// dockers are commands of docker that are commands here, since there is no docker.
var dockers = []string{"builder", "image", "login", "logout", "network", "system", "volume"}

// TestDocuments: what docs/ says in tables is what the program does. `make docs`
// writes them.
func TestDocuments(t *testing.T) {
	generated(t, "../../docs/compatibility.md", map[string]string{
		"commands": commandTable(), "inert flags": inertTable(), "refused commands": refusedTable(), "keys": keyTables(),
	})
}

// generated compares the parts of a page between "<!-- begin: NAME -->" and
// "<!-- end: NAME -->", or writes them.
func generated(t *testing.T, file string, parts map[string]string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for name, text := range parts {
		begin, end := "<!-- begin: "+name+" -->\n", "<!-- end: "+name+" -->"
		before, rest, ok := strings.Cut(page, begin)
		have, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s has no %sand %s", file, begin, end)
		}
		if have != text && !*update {
			t.Errorf("%s: the part %q is not what the program does: run `make docs`", file, name)
		}
		page = before + begin + text + end + after
	}
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// commandTable has a row for each command: docker compose's flags, and ours.
func commandTable() string {
	var b strings.Builder
	root := newRoot(&client.Env{})
	var rows []string
	row := func(c *cobra.Command, name string) {
		theirs, ours := split(c)
		rows = append(rows, fmt.Sprintf("| %s | %s | %s |\n", name, theirs, ours))
	}
	row(root, "before all")
	each(root, func(c *cobra.Command) {
		path := strings.TrimPrefix(c.CommandPath(), root.Name()+" ")
		if _, refused := refusals[path]; refused || c.Hidden || c.HasParent() && c.Parent().Hidden || strings.HasPrefix(path, "bridge") || len(c.Commands()) > 0 && !c.HasLocalFlags() {
			return
		}
		name := "`" + path + "`"
		if len(c.Aliases) > 0 {
			name += " (`" + strings.Join(c.Aliases, "`, `") + "`)"
		}
		row(c, name)
	})
	slices.Sort(rows[1:])
	b.WriteString("| command | docker compose's flags | ours |\n|---|---|---|\n" + strings.Join(rows, ""))
	return b.String()
}

// split are a command's flags: those that docker compose has too, or docker where the
// command is docker's, and ours.
func split(c *cobra.Command) (theirs, ours string) {
	path := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), c.Root().Name()), " ")
	known := map[string]bool{}
	command := path
	if path == "graph" {
		command = "alpha viz"
	}
	for _, r := range reference {
		if r.command == command {
			for _, f := range parseFlags(r.flags) {
				known[f.name] = true
			}
		}
	}
	first, _, _ := strings.Cut(path, " ")
	var list [2][]string
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden || f.Name == "help":
		case known[f.Name] || slices.Contains(dockers, first):
			list[0] = append(list[0], "--"+f.Name)
		default:
			list[1] = append(list[1], "--"+f.Name)
		}
	})
	code := func(names []string) string {
		if len(names) == 0 {
			return ""
		}
		return "`" + strings.Join(names, " ") + "`"
	}
	return code(list[0]), code(list[1])
}

func inertTable() string {
	var rows []string
	for name, why := range inert {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", name, why))
	}
	slices.Sort(rows)
	return "| flag | why |\n|---|---|\n" + strings.Join(rows, "")
}

func refusedTable() string {
	var rows []string
	for name, r := range refusals {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", name, r.reason, r.instead))
	}
	slices.Sort(rows)
	return "| command | why | instead |\n|---|---|---|\n" + strings.Join(rows, "")
}

// keyTables has what is honoured by sections, and a row for all else.
func keyTables() string {
	honoured, sections := map[string][]string{}, []string{}
	var rows strings.Builder
	for _, r := range project.Table() {
		if r.Fate != project.Honoured {
			fmt.Fprintf(&rows, "| `%s` | %s | %s |\n", r.Key, r.Fate, strings.ReplaceAll(r.Explain(), "|", "\\|"))
			continue
		}
		section, key := "top level", r.Key
		for _, s := range []string{"services.*.build", "services.*.deploy", "services.*.develop", "services.*", "networks.*", "volumes.*", "configs.*", "secrets.*", "models.*", "include"} {
			if rest, ok := strings.CutPrefix(r.Key, s+"."); ok {
				section, key = s, rest
				break
			}
		}
		if strings.HasSuffix(key, "*") && key != "**" {
			continue // its section says it
		}
		if honoured[section] == nil {
			sections = append(sections, section)
		}
		honoured[section] = append(honoured[section], key)
	}
	slices.SortFunc(sections, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	var b strings.Builder
	b.WriteString("| section | honoured keys |\n|---|---|\n")
	for _, s := range sections {
		fmt.Fprintf(&b, "| %s | `%s` |\n", section(s), strings.Join(honoured[s], " "))
	}
	return b.String() + "\n| key | fate | why, and what to do instead |\n|---|---|---|\n" + rows.String()
}

// rank puts the top level and services first.
func rank(section string) int {
	switch {
	case section == "top level":
		return 0
	case strings.HasPrefix(section, "services"):
		return 1
	}
	return 2
}

func section(name string) string {
	if name == "top level" {
		return name
	}
	return "`" + name + "`"
}

// TestInertFlags: what is said to change nothing is there.
func TestInertFlags(t *testing.T) {
	for name := range inert {
		root := newRoot(&client.Env{})
		words := strings.Fields(name)
		c, _, err := root.Find(words[:len(words)-1])
		if err != nil || c.Flags().Lookup(strings.TrimPrefix(words[len(words)-1], "--")) == nil {
			t.Errorf("%s: there is no such flag", name)
		}
	}
}
