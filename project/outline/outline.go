// Package outline reads the names in compose files, and nothing else: what a shell
// offers to complete. It is forgiving where the loader is strict: files that cannot be
// read, variables without a value and keys that nobody knows are passed over, so that
// a file that is being written completes as far as it goes.
//
// Included files count, as far as they are local and named without variables; extends
// does not, which adds no names. Aliases are not followed, so nothing grows.
package outline

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"go.yaml.in/yaml/v4"
)

// Outline is what files name.
type Outline struct {
	Name     string // the last top-level name, as it is written
	Services []Service
	// Networks, Volumes and Models are top-level keys, sorted.
	Networks, Volumes, Models []string
}

// Service is an entry below services.
type Service struct {
	Name     string
	Profiles []string
}

const (
	maxSize  = 4 << 20 // bytes of a file that are looked at; a larger one is left out
	maxDepth = 8       // of included files
	maxFiles = 200
)

// Read looks at files, "-" left out, which nobody can read twice.
func Read(files []string) *Outline {
	r := &reader{seen: map[string]bool{}, services: map[string][]string{}}
	for _, f := range files {
		r.file(f, 0)
	}
	for name, profiles := range r.services {
		slices.Sort(profiles)
		r.out.Services = append(r.out.Services, Service{name, slices.Compact(profiles)})
	}
	slices.SortFunc(r.out.Services, func(a, b Service) int { return cmp.Compare(a.Name, b.Name) })
	for _, list := range []*[]string{&r.out.Networks, &r.out.Volumes, &r.out.Models} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return &r.out
}

// Profiles are those of all services, sorted.
func (o *Outline) Profiles() (out []string) {
	for _, s := range o.Services {
		out = append(out, s.Profiles...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

type reader struct {
	out      Outline
	services map[string][]string
	seen     map[string]bool
}

func (r *reader) file(path string, depth int) {
	if path == "-" || depth > maxDepth || r.seen[path] || len(r.seen) >= maxFiles {
		return
	}
	r.seen[path] = true
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // that of a pipe would wait for its writer
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSize {
		return
	}
	d := yaml.NewDecoder(io.LimitReader(f, maxSize))
	for {
		var doc yaml.Node
		if d.Decode(&doc) != nil {
			return // its end, or a fault: what was read counts
		}
		if len(doc.Content) > 0 {
			r.document(doc.Content[0], filepath.Dir(path), depth)
		}
	}
}

func (r *reader) document(top *yaml.Node, dir string, depth int) {
	entries(top, func(key string, value *yaml.Node) {
		switch key {
		case "name":
			if depth == 0 && value.Kind == yaml.ScalarNode {
				r.out.Name = value.Value
			}
		case "services":
			entries(value, r.service)
		case "networks":
			r.out.Networks = append(r.out.Networks, keys(value)...)
		case "volumes":
			r.out.Volumes = append(r.out.Volumes, keys(value)...)
		case "models":
			r.out.Models = append(r.out.Models, keys(value)...)
		case "include":
			for _, path := range included(value) {
				if !filepath.IsAbs(path) {
					path = filepath.Join(dir, path)
				}
				r.file(path, depth+1)
			}
		}
	})
}

func (r *reader) service(name string, value *yaml.Node) {
	if value.Tag == "!reset" {
		delete(r.services, name)
		return
	}
	profiles := r.services[name]
	entries(value, func(key string, v *yaml.Node) {
		if key == "profiles" {
			profiles = append(profiles, strings(v)...)
		}
	})
	r.services[name] = profiles
}

// included are the paths of an include section: a list of strings and of mappings
// whose path is a string or a list.
func included(list *yaml.Node) (out []string) {
	if list.Kind != yaml.SequenceNode {
		return nil
	}
	for _, e := range list.Content {
		if e.Kind == yaml.ScalarNode {
			out = append(out, e.Value)
			continue
		}
		entries(e, func(key string, value *yaml.Node) {
			if key == "path" {
				out = append(out, strings(value)...)
			}
		})
	}
	return out
}

// strings are a scalar, or the scalars of a list.
func strings(n *yaml.Node) (out []string) {
	switch n.Kind {
	case yaml.ScalarNode:
		return []string{n.Value}
	case yaml.SequenceNode:
		for _, e := range n.Content {
			if e.Kind == yaml.ScalarNode {
				out = append(out, e.Value)
			}
		}
	}
	return out
}

func keys(n *yaml.Node) (out []string) {
	entries(n, func(key string, _ *yaml.Node) { out = append(out, key) })
	return out
}

// entries calls f for the entries of a mapping; anything else has none.
func entries(n *yaml.Node, f func(key string, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Kind == yaml.ScalarNode && k.Tag != "!!merge" {
			f(k.Value, n.Content[i+1])
		}
	}
}
