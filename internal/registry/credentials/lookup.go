package credentials

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Credential is what to log in with. The zero value is none: anonymous.
type Credential struct {
	Username      string
	Password      string
	IdentityToken string // for an OAuth2 refresh
	RegistryToken string // sent as it is
	From          string // file, or helper: for messages
}

// Empty reports that there is nothing to log in with.
func (c Credential) Empty() bool {
	return c.Username == "" && c.Password == "" && c.IdentityToken == "" && c.RegistryToken == ""
}

// Lookup asks the files. Its methods may be called at the same time.
type Lookup struct {
	paths  []string
	notice func(string)

	mu    sync.Mutex
	files []*File
	said  map[string]bool
	known map[string]Credential // what helpers said: each may ask a person
}

// New looks in the files of an environment. notice gets what does not work, once
// each.
func New(getenv func(string) string, notice func(string)) *Lookup {
	return &Lookup{paths: Paths(getenv), notice: notice, said: map[string]bool{}, known: map[string]Credential{}}
}

// For is what to log in with to a repository: host "docker.io" or "HOST:PORT",
// path "library/nginx", or "" for the registry itself. Its only error is the
// context's.
func (l *Lookup) For(ctx context.Context, host, path string) (Credential, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := host + "/" + path
	if c, ok := l.known[key]; ok {
		return c, nil
	}
	l.read()
	for _, f := range l.files {
		c := l.inFile(ctx, f, host, path)
		if ctx.Err() != nil {
			return Credential{}, context.Cause(ctx)
		}
		if !c.Empty() {
			l.known[key] = c
			return c, nil
		}
	}
	l.known[key] = Credential{}
	return Credential{}, nil
}

func (l *Lookup) read() {
	if l.files != nil {
		return
	}
	l.files = []*File{}
	for _, path := range l.paths {
		f, err := Read(path)
		if err != nil {
			l.tell(fmt.Sprintf("credentials: %v: its credentials are not used", err))
			continue
		}
		l.files = append(l.files, f)
	}
}

func (l *Lookup) inFile(ctx context.Context, f *File, host, path string) Credential {
	keys := Keys(host, path)
	if name := f.Helper(host, path); name != "" {
		c, err := askHelper(ctx, name, serverOf(host))
		if err != nil && ctx.Err() == nil {
			l.tell(fmt.Sprintf("%s: %v: going on without its credentials", f.Path, err))
		}
		if !c.Empty() {
			return c
		}
	}
	for _, key := range keys {
		for _, name := range f.named(key) {
			c, err := f.Auths[name].credential()
			if err != nil {
				l.tell(fmt.Sprintf("%s: auths: %q: %v: going on without it", f.Path, name, err))
				continue
			}
			if c.From = f.Path; !c.Empty() {
				return c
			}
		}
	}
	return Credential{}
}

// named are the entries that mean a key; what is written just so comes first, as
// with docker.
func (f *File) named(key string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(f.Auths)) {
		if name != key && sameKey(name, key) {
			names = append(names, name)
		}
	}
	if _, ok := f.Auths[key]; ok {
		names = slices.Insert(names, 0, key)
	}
	return names
}

func (l *Lookup) tell(text string) {
	if l.notice != nil && !l.said[text] {
		l.said[text] = true
		l.notice(text)
	}
}

// Helper is the helper that a file names for a repository, "" if there is none.
func (f *File) Helper(host, path string) string {
	for _, key := range Keys(host, path) {
		for name, helper := range f.CredHelpers {
			if sameKey(name, key) {
				return helper
			}
		}
	}
	return f.CredsStore
}

// Keys are the keys of auths that count for a repository, the most special one
// first: HOST/a/b, HOST/a, HOST. For docker.io they go by its other names too.
func Keys(host, path string) []string {
	var keys []string
	for _, h := range hostNames(host) {
		for p := path; p != ""; {
			keys = append(keys, h+"/"+p)
			at := strings.LastIndexByte(p, '/')
			p = p[:max(at, 0)]
		}
	}
	return append(keys, hostNames(host)...)
}

func hostNames(host string) []string {
	switch host {
	case "docker.io", "index.docker.io", "registry-1.docker.io":
		return []string{"index.docker.io", "docker.io", "registry-1.docker.io"}
	}
	return []string{host}
}

// sameKey compares a key of a file. With a scheme, only its host counts, as with
// docker; without, "/v1" and "/v2" at its end are of docker's first registries.
func sameKey(written, key string) bool {
	for _, scheme := range []string{"https://", "http://"} {
		if rest, ok := strings.CutPrefix(written, scheme); ok {
			host, _, _ := strings.Cut(rest, "/")
			return host == key
		}
	}
	written = strings.TrimSuffix(written, "/")
	for _, version := range []string{"/v1", "/v2"} {
		written = strings.TrimSuffix(written, version)
	}
	return written == key
}

// serverOf is the name by which docker asks a helper for a registry.
func serverOf(host string) string {
	if len(hostNames(host)) > 1 {
		return DockerHub
	}
	return host
}
