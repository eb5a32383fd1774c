package building

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// bakeFile is the file of docker buildx bake, as docker compose writes it.
type bakeFile struct {
	Groups  map[string]bakeGroup  `json:"group"`
	Targets map[string]bakeTarget `json:"target"`
}

type bakeGroup struct {
	Targets []string `json:"targets"`
}

type bakeTarget struct {
	Context       string            `json:"context,omitempty"`
	Contexts      map[string]string `json:"contexts,omitempty"`
	Dockerfile    string            `json:"dockerfile,omitempty"`
	Inline        string            `json:"dockerfile-inline,omitempty"`
	Args          map[string]string `json:"args,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Tags          []string          `json:"tags,omitempty"`
	CacheFrom     []string          `json:"cache-from,omitempty"`
	CacheTo       []string          `json:"cache-to,omitempty"`
	Target        string            `json:"target,omitempty"`
	Secrets       []string          `json:"secret,omitempty"`
	SSH           []string          `json:"ssh,omitempty"`
	Platforms     []string          `json:"platforms,omitempty"`
	Pull          bool              `json:"pull,omitempty"`
	NoCache       bool              `json:"no-cache,omitempty"`
	Network       string            `json:"network,omitempty"`
	NoCacheFilter []string          `json:"no-cache-filter,omitempty"`
	ShmSize       string            `json:"shm-size,omitempty"`
	Ulimits       []string          `json:"ulimits,omitempty"`
	Entitlements  []string          `json:"entitlements,omitempty"`
	ExtraHosts    map[string]string `json:"extra-hosts,omitempty"`
	Outputs       []string          `json:"output,omitempty"`
	Attest        []string          `json:"attest,omitempty"`
}

// Print writes the builds of services as a file for docker buildx bake: whoever has
// docker builds the same with it. Targets of other services are there too, for those
// that take files from them.
func Print(w io.Writer, getenv func(string) string, p *project.Project, names []string, o Options, push bool) error {
	file := bakeFile{Groups: map[string]bakeGroup{}, Targets: map[string]bakeTarget{}}
	var group bakeGroup
	for i := range p.Services {
		if s := &p.Services[i]; s.Build != nil {
			file.Targets[bakeName(s.Name)] = bakeOf(p, s, o, getenv, push)
			if slices.Contains(names, s.Name) {
				group.Targets = append(group.Targets, bakeName(s.Name))
			}
		}
	}
	for i := range p.BuildOnly {
		s := &p.BuildOnly[i]
		file.Targets[bakeName(s.Name)] = bakeOf(p, s, o, getenv, push)
	}
	file.Groups["default"] = group
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(file)
}

// bakeName: a dot has a meaning in the names of bake's targets.
func bakeName(service string) string { return strings.ReplaceAll(service, ".", "_") }

// verbatim keeps bake from looking for variables.
func verbatim(s string) string { return strings.ReplaceAll(s, "${", "$${") }

func bakeOf(p *project.Project, s *project.Service, o Options, getenv func(string) string, push bool) bakeTarget {
	b := s.Build
	t := bakeTarget{
		Context: b.Context, Dockerfile: b.Dockerfile, Inline: verbatim(b.Inline), Args: map[string]string{}, Labels: labels(p.Name, s),
		Tags: append(slices.Clone(b.Tags), s.Image), CacheFrom: b.CacheFrom, CacheTo: b.CacheTo, Target: b.Target, Platforms: b.Platforms,
		Pull: b.Pull || o.Pull, NoCache: b.NoCache || o.NoCache, Network: b.Network, NoCacheFilter: b.NoCacheFilter, Entitlements: b.Entitlements,
		Outputs: []string{"type=docker"},
	}
	if push && b.Named {
		t.Outputs = []string{"type=registry"}
	}
	if b.Dockerfile != "" && local(b) {
		t.Dockerfile = beside(b, b.Dockerfile)
		if dir, err := filepath.EvalSymlinks(filepath.Dir(t.Dockerfile)); err == nil {
			t.Dockerfile = filepath.Join(dir, filepath.Base(t.Dockerfile))
		}
	}
	if b.ShmSize > 0 {
		t.ShmSize = fmt.Sprint(b.ShmSize)
	}
	for k, v := range proxies(getenv) {
		t.Args[k] = verbatim(v)
	}
	for k, v := range b.Args {
		t.Args[k] = verbatim(v)
	}
	for k, v := range o.Args {
		t.Args[k] = verbatim(*v)
	}
	t.lists(b, o)
	return t
}

// lists fills what bake has as texts of its own form.
func (t *bakeTarget) lists(b *project.Build, o Options) {
	for _, name := range slices.Sorted(maps.Keys(b.Contexts)) {
		if t.Contexts == nil {
			t.Contexts = map[string]string{}
		}
		t.Contexts[name] = b.Contexts[name]
		if service, ok := strings.CutPrefix(b.Contexts[name], serviceContext); ok {
			t.Contexts[name] = "target:" + bakeName(service)
		}
	}
	for _, s := range b.Secrets {
		switch {
		case s.Env != "":
			t.Secrets = append(t.Secrets, fmt.Sprintf("id=%s,type=env,env=%s", s.ID, s.Env))
		case s.File != "":
			t.Secrets = append(t.Secrets, fmt.Sprintf("id=%s,type=file,src=%s", s.ID, s.File))
		}
	}
	for _, a := range slices.Concat(b.SSH, o.SSH) {
		t.SSH = append(t.SSH, a.ID+"="+a.Path)
	}
	for _, u := range b.Ulimits {
		t.Ulimits = append(t.Ulimits, fmt.Sprintf("%s=%d:%d", u.Name, u.Soft, u.Hard))
	}
	for _, h := range b.ExtraHosts {
		name, address, _ := strings.Cut(h, "=")
		if t.ExtraHosts == nil {
			t.ExtraHosts = map[string]string{}
		}
		if old := t.ExtraHosts[name]; old != "" {
			address = old + "," + address
		}
		t.ExtraHosts[name] = address
	}
	if b.Privileged {
		t.Entitlements = append(slices.Clone(t.Entitlements), "security.insecure")
	}
	for kind, value := range map[string]string{"provenance": b.Provenance, "sbom": b.SBOM} {
		switch value {
		case "", "false":
		case "true":
			t.Attest = append(t.Attest, "type="+kind)
		default:
			t.Attest = append(t.Attest, "type="+kind+","+value)
		}
	}
	slices.Sort(t.Attest)
}
