package hosts

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// Config is what all files say.
type Config struct {
	Parallel int // max-concurrent-downloads; 0: not said
	Attempts int // max-download-attempts; 0: not said

	root       string // "/", but for tests
	getenv     func(string) string
	tables     []table
	hubMirrors []mirror // of docker.io
	insecure   map[string]bool
	networks   []netip.Prefix
}

// Load reads the files of an environment.
func Load(getenv func(string) string) (*Config, error) { return load(getenv, "/") }

func load(getenv func(string) string, root string) (*Config, error) {
	c := &Config{root: root, getenv: getenv, insecure: map[string]bool{}}
	if err := c.readRegistries(getenv); err != nil {
		return nil, err
	}
	if err := c.readDaemon(getenv); err != nil {
		return nil, err
	}
	return c, nil
}

// AddInsecure adds hosts (HOST[:PORT]) and networks (CIDR) that may have any
// certificate, or none.
func (c *Config) AddInsecure(list []string) error {
	for _, s := range list {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		if p, err := netip.ParsePrefix(s); err == nil {
			c.networks = append(c.networks, p.Masked())
			continue
		}
		if strings.ContainsAny(s, "/ ") {
			return fmt.Errorf("insecure registry %q: it is HOST, HOST:PORT or a network as 10.0.0.0/8", s)
		}
		c.insecure[s] = true
	}
	return nil
}

// Insecure reports that a host, with its port if it has one, may have any
// certificate, or none.
func (c *Config) Insecure(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if c.insecure[host] || c.insecure[name] || name == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	if ip.IsLoopback() {
		return true
	}
	for _, p := range c.networks {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// Endpoint is a place to ask for an image.
type Endpoint struct {
	Host     string // as it is connected to: "registry-1.docker.io", "localhost:5000"
	Name     string // as the configuration has it: "docker.io"
	Path     string // "library/nginx"
	Mirror   bool   // not the registry itself
	Insecure bool
}

// BlockedError is an image that registries.conf forbids.
type BlockedError struct{ Ref, Prefix string }

func (e *BlockedError) Error() string {
	return fmt.Sprintf("%s is blocked: registries.conf has blocked = true for %s", e.Ref, e.Prefix)
}

// Endpoints are the mirrors of an image's registry, and at last the registry
// itself, or what stands for it.
func (c *Config) Endpoints(n imageref.Name) ([]Endpoint, error) {
	n = n.Tagged()
	full := n.Domain + "/" + n.Path
	ref := full
	if n.Tag != "" {
		ref += ":" + n.Tag
	}
	if n.Digest != "" {
		ref += "@" + n.Digest
	}
	t, length := c.match(ref, full)
	if t != nil && t.Blocked {
		return nil, &BlockedError{n.String(), t.Prefix}
	}
	var out []Endpoint
	if t != nil {
		for _, m := range t.Mirrors {
			if m.counts(n.Digest != "", t.MirrorByDigestOnly) {
				out = append(out, c.endpoint(m.Location+full[min(length, len(full)):], m.Insecure, true))
			}
		}
	}
	if n.Domain == "docker.io" && len(out) == 0 {
		for _, m := range c.hubMirrors {
			out = append(out, c.endpoint(m.Location+"/"+n.Path, m.Insecure, true))
		}
	}
	primary, insecure := full, false
	if t != nil {
		insecure = t.Insecure
		if t.Location != "" {
			primary = t.Location + full[min(length, len(full)):]
		}
	}
	return append(out, c.endpoint(primary, insecure, false)), nil
}

// counts: mirrors may be for digests or tags only.
func (m *mirror) counts(byDigest, digestOnly bool) bool {
	switch {
	case m.PullFromMirror == "digest-only" || digestOnly:
		return byDigest
	case m.PullFromMirror == "tag-only":
		return !byDigest
	}
	return true
}

func (c *Config) endpoint(at string, insecure, mirror bool) Endpoint {
	host, path, _ := strings.Cut(at, "/")
	e := Endpoint{Host: host, Name: host, Path: path, Mirror: mirror, Insecure: insecure || c.Insecure(host)}
	if host == "docker.io" || host == "index.docker.io" {
		e.Name, e.Host = "docker.io", "registry-1.docker.io"
		if !strings.Contains(path, "/") {
			e.Path = "library/" + path
		}
	}
	return e
}

// match is the table with the longest prefix, and how much of the name it takes.
func (c *Config) match(ref, full string) (best *table, length int) {
	for n := range c.tables {
		t := &c.tables[n]
		if l := prefixLength(ref, t.Prefix); l > 0 && (best == nil || rank(t.Prefix) > rank(best.Prefix)) {
			best, length = t, l
		}
	}
	return best, length
}

// rank: a written host is more special than any pattern.
func rank(prefix string) int {
	if strings.HasPrefix(prefix, "*.") {
		return len(prefix)
	}
	return 1<<16 + len(prefix)
}

// prefixLength is how many letters of a reference a prefix takes: 0, if it does
// not match.
func prefixLength(ref, prefix string) int {
	host, _, _ := strings.Cut(ref, "/")
	if domain, ok := strings.CutPrefix(prefix, "*"); ok {
		name, _, _ := strings.Cut(host, ":")
		if strings.HasSuffix(name, domain) && len(name) > len(domain) {
			return len(host)
		}
		return 0
	}
	rest, ok := strings.CutPrefix(ref, prefix)
	if !ok {
		return 0
	}
	switch {
	case rest == "", rest[0] == '/', rest[0] == '@':
		return len(prefix)
	case rest[0] == ':' && strings.Contains(prefix, "/"):
		return len(prefix)
	}
	return 0
}
