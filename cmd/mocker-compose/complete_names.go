package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/networks"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project/locate"
	"github.com/mocker-compose/mocker-compose/project/outline"
)

// askTime bounds what the user waits for a supervisor that does not answer, readTime for
// files that cannot be read at once: a pipe nobody writes to, a server that is away.
const (
	askTime  = 200 * time.Millisecond
	readTime = 2 * time.Second
)

// namer knows names of this moment. It prints nothing, starts nothing, and has no
// errors: what cannot be asked has no names.
type namer struct {
	env     *client.Env
	outline *outline.Outline
	project string
	cs      []api.Container
	asked   bool
}

func (a *app) namer() *namer {
	n := &namer{env: a.env, outline: &outline.Outline{}}
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		n.env.Stderr = null // for as long as this process is
	}
	g := &a.env.Global
	q := locate.Query{Files: g.Files, ProjectDir: g.ProjectDir, EnvFiles: g.EnvFiles, Environ: os.Environ(), Seekable: true}
	found, names, ok := read(q, readTime)
	if !ok {
		return n // asking for the project's name would read them too
	}
	n.outline = names
	n.project, _ = a.env.Name()
	if n.project != "" {
		return n
	}
	if n.project = found.Name; n.project == "" && n.outline.Name != "" {
		name, err := locate.Expand(n.outline.Name, func(k string) (string, bool) { v, ok := found.Env[k]; return v, ok })
		if err == nil {
			n.project = client.NormalizeName(name)
		}
	}
	if n.project == "" {
		n.project = client.NormalizeName(filepath.Base(found.Dir))
	}
	return n
}

// read finds the files and reads the names in them; ok is false if that takes too long.
func read(q locate.Query, limit time.Duration) (found locate.Result, names *outline.Outline, ok bool) {
	type result struct {
		found locate.Result
		names *outline.Outline
	}
	done := make(chan result, 1)
	go func() {
		r := result{names: &outline.Outline{}}
		var err error
		if r.found, err = locate.Find(q); err == nil {
			r.names = outline.Read(r.found.Files)
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r.found, r.names, true
	case <-time.After(limit): // what is left ends with us
		return found, names, false
	}
}

// containers are those of the project, from whoever knows them.
func (n *namer) containers() []api.Container {
	if !n.asked && client.CheckName(n.project) == nil {
		n.asked = true
		ctx, cancel := context.WithTimeout(context.Background(), askTime)
		defer cancel()
		n.cs, _ = n.env.Containers(ctx, n.project, false)
	}
	return n.cs
}

// of are the services of which a container is as asked, and such containers of run by
// their names.
func (n *namer) of(ok func(*api.Container) bool) (out []string) {
	for _, c := range n.containers() {
		switch {
		case !ok(&c):
		case c.OneOff:
			out = append(out, c.Name)
		default:
			out = append(out, c.Service)
		}
	}
	return sorted(out)
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// all are the services of the files, enabled or not, and those that are left of
// earlier ones.
func all(n *namer, _ []string) (out []string) {
	for _, s := range n.outline.Services {
		out = append(out, s.Name)
	}
	for _, c := range n.containers() {
		if !c.OneOff {
			out = append(out, c.Service)
		}
	}
	return sorted(out)
}

func up(n *namer, _ []string) []string { return n.of(client.IsUp) }

func running(n *namer, _ []string) []string {
	return n.of(func(c *api.Container) bool { return c.State == "running" })
}

func paused(n *namer, _ []string) []string {
	return n.of(func(c *api.Container) bool { return c.State == "paused" })
}

func stopped(n *namer, _ []string) []string {
	return n.of(func(c *api.Container) bool { return !client.IsUp(c) })
}

// existing are services with a container.
func existing(n *namer, _ []string) (out []string) {
	return n.of(func(c *api.Container) bool { return !c.OneOff })
}

// logged are all that may have written something.
func logged(n *namer, args []string) []string {
	return sorted(append(all(n, args), n.of(client.AnyState)...))
}

func projects(n *namer, _ []string) []string {
	list, _ := n.env.Projects()
	return list
}

func profiles(n *namer, _ []string) []string { return n.outline.Profiles() }

// replicas are the numbers of the containers of the service that was named.
func replicas(n *namer, args []string) (out []string) {
	for _, c := range n.containers() {
		if len(args) > 0 && c.Service == args[0] && !c.OneOff {
			out = append(out, strconv.Itoa(c.Number))
		}
	}
	return out
}

func scaleArgs(n *namer, args []string) []string {
	list := all(n, args)
	for i := range list {
		list[i] += "="
	}
	return list
}

// portArgs are a service that is up, and then what it listens on.
func portArgs(n *namer, args []string) (out []string) {
	switch len(args) {
	case 0:
		return n.of(func(c *api.Container) bool { return client.IsUp(c) && !c.OneOff && len(c.Ports) > 0 })
	case 1:
		for _, c := range n.containers() {
			if c.Service == args[0] {
				for _, p := range c.Ports {
					out = append(out, strconv.Itoa(int(p.Target)))
				}
			}
		}
	}
	return sorted(out)
}

func imageNames(n *namer, _ []string) (out []string) {
	if _, err := os.Lstat(n.env.Dirs.Images()); err != nil {
		return nil // opening the store would make it
	}
	store, err := image.Open(n.env.Dirs.Images())
	if err != nil {
		return nil
	}
	list, _ := store.List()
	for i := range list {
		for _, name := range list[i].Names {
			out = append(out, name)
		}
	}
	return sorted(out)
}

func volumeNames(n *namer, _ []string) (out []string) {
	list, _ := volumes.Open(n.env.Dirs).List()
	for _, v := range list {
		out = append(out, v.Name)
	}
	return sorted(out)
}

func networkNames(n *namer, _ []string) (out []string) {
	list, _ := networks.Open(n.env.Dirs).List()
	for _, v := range list {
		out = append(out, v.Name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	live, _ := n.env.Networks(ctx)
	for _, v := range live {
		out = append(out, v.Name)
	}
	return sorted(out)
}
