package imageref

import (
	"fmt"
	"strings"
)

// Name is a reference to an image by the rules of github.com/distribution/reference:
// [domain/]path[:tag][@digest]. That library costs every process of ours 0.8 ms
// of compiled expressions at its start, hence this parser.
type Name struct {
	Domain string // "docker.io", "localhost:5000"
	Path   string // "library/nginx"
	Tag    string // "" if there is none
	Digest string // "sha256:<hex>", "" if there is none
}

const (
	defaultDomain = "docker.io"
	officialPath  = "library/"
	defaultTag    = "latest"
	maxNameLength = 255 // of domain and path
	maxTagLength  = 128
)

// Parse reads a reference. Docker's short forms are filled up: "nginx" is
// docker.io/library/nginx. A tag is not made up, see [Name.Tagged].
func Parse(s string) (Name, error) {
	n, err := parseName(s)
	if err != nil {
		return Name{}, fmt.Errorf("invalid reference %q: %w", s, err)
	}
	return n, nil
}

func parseName(s string) (n Name, err error) {
	rest, digest, ok := strings.Cut(s, "@")
	if ok {
		if _, err := Hex(digest); err != nil {
			return n, err
		}
		n.Digest = digest
	}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.Contains(rest[i:], "/") {
		if n.Tag = rest[i+1:]; !isTag(n.Tag) {
			return n, fmt.Errorf("a tag is up to %d letters, digits, '_', '.', '-', and begins with none of the last two", maxTagLength)
		}
		rest = rest[:i]
	}
	if IsHex(rest, 64) {
		return n, fmt.Errorf("64 hexadecimal digits are an id, not a name")
	}
	n.Domain, n.Path = splitDomain(rest)
	switch {
	case rest == "":
		return n, fmt.Errorf("the name is empty")
	case strings.ToLower(n.Path) != n.Path:
		return n, fmt.Errorf("the repository's name must be lower case")
	case !isDomain(n.Domain):
		return n, fmt.Errorf("%q is no host name", n.Domain)
	case !isPath(n.Path):
		return n, fmt.Errorf("a name is lower-case letters and digits, between them single '.', '_', '__' or '-', in parts separated by '/'")
	case len(n.Domain)+len(n.Path) >= maxNameLength:
		return n, fmt.Errorf("the name has more than %d letters", maxNameLength)
	}
	return n, nil
}

// splitDomain tells a registry from the first part of a path, as docker does.
func splitDomain(s string) (domain, path string) {
	first, rest, ok := strings.Cut(s, "/")
	if ok && (strings.ContainsAny(first, ".:") || first == "localhost" || strings.ToLower(first) != first) {
		domain, path = first, rest
	} else {
		domain, path = defaultDomain, s
	}
	if domain == "index.docker.io" {
		domain = defaultDomain
	}
	if domain == defaultDomain && !strings.Contains(path, "/") {
		path = officialPath + path
	}
	return domain, path
}

// Tagged is the name with the tag "latest" if it has neither tag nor digest.
func (n Name) Tagged() Name {
	if n.Tag == "" && n.Digest == "" {
		n.Tag = defaultTag
	}
	return n
}

// Repository is the familiar form without tag and digest: "nginx", "localhost:5000/app".
func (n Name) Repository() string {
	if n.Domain != defaultDomain {
		return n.Domain + "/" + n.Path
	}
	if short := strings.TrimPrefix(n.Path, officialPath); !strings.Contains(short, "/") {
		return short
	}
	return n.Path
}

// String is the familiar form, as docker prints it.
func (n Name) String() string {
	s := n.Repository()
	if n.Tag != "" {
		s += ":" + n.Tag
	}
	if n.Digest != "" {
		s += "@" + n.Digest
	}
	return s
}

// Full is the name with all that docker fills up: docker.io/library/nginx:latest.
func (n Name) Full() string {
	n = n.Tagged()
	s := n.Domain + "/" + n.Path
	if n.Tag != "" {
		s += ":" + n.Tag
	}
	if n.Digest != "" {
		s += "@" + n.Digest
	}
	return s
}

func isTag(s string) bool {
	return s != "" && len(s) <= maxTagLength && s[0] != '.' && s[0] != '-' &&
		strings.IndexFunc(s, func(r rune) bool { return !word(r) && r != '.' && r != '-' }) < 0
}

func word(r rune) bool { return alnum(r) || r >= 'A' && r <= 'Z' || r == '_' }

func alnum(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }

// isDomain takes host names, IPv4 addresses, and IPv6 ones in brackets, with or
// without a port.
func isDomain(s string) bool {
	host, port, ok := s, "", false
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 2 || strings.Trim(s[1:end], "0123456789abcdefABCDEF:") != "" {
			return false
		}
		if end+1 == len(s) {
			return true
		}
		return s[end+1] == ':' && isPort(s[end+2:])
	}
	if host, port, ok = strings.Cut(s, ":"); ok && !isPort(port) {
		return false
	}
	for part := range strings.SplitSeq(host, ".") {
		if part == "" || part[0] == '-' || part[len(part)-1] == '-' ||
			strings.IndexFunc(part, func(r rune) bool { return !word(r) && r != '-' || r == '_' }) >= 0 {
			return false
		}
	}
	return true
}

func isPort(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func isPath(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if !isPathPart(part) {
			return false
		}
	}
	return true
}

// isPathPart: words of [a-z0-9], between two of them one of ".", "_", "__", or
// any number of "-".
func isPathPart(s string) bool {
	for {
		n := strings.IndexFunc(s, func(r rune) bool { return !alnum(r) })
		if n < 0 {
			return s != ""
		}
		if n == 0 {
			return false
		}
		s = s[n:]
		rest := strings.TrimLeft(s, "._-")
		sep := s[:len(s)-len(rest)]
		if sep != "." && sep != "_" && sep != "__" && strings.Trim(sep, "-") != "" || sep == "" {
			return false
		}
		s = rest
	}
}
