package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// list is the output of the flags that print names instead of the files; ok is
// false when none of them is given.
func (o *configOptions) list(l *loader.Loaded) (out []byte, ok bool, err error) {
	var lines []string
	switch {
	case o.services:
		lines = l.Names("services")
	case o.volumes:
		lines = l.Names("volumes")
	case o.networks:
		lines = l.Names("networks")
	case o.models:
		lines = l.Models()
	case o.hash != "":
		if l.Project == nil {
			return nil, false, fmt.Errorf("--hash needs the files as they are run: without --no-interpolate, --no-normalize, --no-consistency, --no-path-resolution and --no-env-resolution")
		}
		lines, err = hashes(l.Project, o.hash)
	case o.profiles:
		lines = l.Profiles()
	case o.images:
		lines = images(l)
	case o.variables:
		out, err = variables(l.Variables(), o.format)
		return out, true, err
	case o.environment:
		for _, k := range slices.Sorted(maps.Keys(l.Env)) {
			lines = append(lines, k+"="+l.Env[k])
		}
	default:
		return nil, false, nil
	}
	if len(lines) == 0 {
		return nil, true, err
	}
	return []byte(strings.Join(lines, "\n") + "\n"), true, err
}

// images are those that the files name, and those that builds without a name make;
// a service that runs on the host's files has none.
func images(l *loader.Loaded) []string {
	out := l.Images()
	if l.Project != nil {
		for i := range l.Project.Services {
			if s := &l.Project.Services[i]; s.Build != nil {
				out = append(out, s.Image)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// variables prints what the files use, as docker compose does: the machine's forms
// are mappings by name.
func variables(list []loader.Variable, format string) ([]byte, error) {
	byName := map[string]loader.Variable{}
	for _, v := range list {
		byName[v.Name] = v
	}
	var out bytes.Buffer
	switch format {
	case "", "table", "pretty":
		w := tabwriter.NewWriter(&out, 20, 1, 3, ' ', 0)
		fmt.Fprintln(w, "NAME\tREQUIRED\tDEFAULT VALUE\tALTERNATE VALUE")
		for _, v := range list {
			fmt.Fprintf(w, "%s\t%t\t%s\t%s\n", v.Name, v.Required, v.DefaultValue, v.PresenceValue)
		}
		err := w.Flush()
		return out.Bytes(), err
	case "yaml":
		return yaml.Marshal(byName)
	case "json":
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "    ")
		err := enc.Encode(byName)
		return out.Bytes(), err
	}
	return nil, fmt.Errorf("format value %q could not be parsed: use table, yaml or json", format)
}

// hashes prints "SERVICE HASH" for the services in list, "*" for all.
func hashes(p *project.Project, list string) (out []string, err error) {
	wanted := strings.Split(list, ",")
	if list == "*" {
		wanted = nil
		for _, s := range p.Services {
			wanted = append(wanted, s.Name)
		}
	}
	for _, name := range wanted {
		s, ok := p.Service(strings.TrimSpace(name))
		if !ok {
			return nil, fmt.Errorf("no such service: %s", name)
		}
		out = append(out, s.Name+" "+p.Hash(s))
	}
	return out, nil
}
