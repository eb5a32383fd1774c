package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// list is the output of the flags that print names instead of the files; ok is
// false when none of them is given.
func (o *configOptions) list(l *loader.Loaded) (out []byte, ok bool, err error) {
	if l.Project == nil {
		if o.services || o.volumes || o.networks || o.images || o.profiles || o.hash != "" {
			return nil, false, fmt.Errorf("--no-interpolate cannot be combined with a flag that prints names: they may hold variables")
		}
		return nil, false, nil
	}
	var lines []string
	switch {
	case o.services:
		for _, s := range l.Project.Services {
			lines = append(lines, s.Name)
		}
	case o.volumes:
		lines = slices.Sorted(maps.Keys(l.Model.Volumes))
	case o.networks:
		lines = slices.Sorted(maps.Keys(l.Model.Networks))
	case o.images:
		lines = images(l.Project)
	case o.profiles:
		lines = profiles(l)
	case o.variables:
		for _, k := range slices.Sorted(maps.Keys(l.Env)) {
			lines = append(lines, k+"="+l.Env[k])
		}
	case o.hash != "":
		lines, err = hashes(l.Project, o.hash)
	default:
		return nil, false, nil
	}
	if len(lines) == 0 {
		return nil, true, err
	}
	return []byte(strings.Join(lines, "\n") + "\n"), true, err
}

// images are the images of the services; one without runs on the host's files
// and has none to name.
func images(p *project.Project) (out []string) {
	for _, s := range p.Services {
		if s.Image != "" {
			out = append(out, s.Image)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func profiles(l *loader.Loaded) (out []string) {
	for _, s := range l.Model.AllServices() {
		out = append(out, s.Profiles...)
	}
	slices.Sort(out)
	return slices.Compact(out)
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
