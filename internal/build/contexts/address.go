package contexts

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// gitAddress is a repository and what of it is meant: REMOTE#REF:DIRECTORY.
type gitAddress struct {
	remote string
	ref    string // "" = the remote's HEAD
	dir    string
	// Of the form with a query (BuildKit): REMOTE?ref=…&subdir=…
	commit      string
	noModules   bool
	keepGit     *bool
	asItIsGiven string
}

// scp is the short form of ssh: git@host:path.
var scp = regexp.MustCompile(`^[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:`)

// parseGit reads an address of git as docker does; ok is false if it is none.
func parseGit(text string) (a gitAddress, ok bool, err error) {
	a.asItIsGiven = text
	remote, fragment, _ := strings.Cut(text, "#")
	switch {
	case strings.HasPrefix(remote, "github.com/"):
		remote = "https://" + remote
	case strings.HasPrefix(remote, "git://"), strings.HasPrefix(remote, "ssh://"):
	case strings.HasPrefix(remote, "http://"), strings.HasPrefix(remote, "https://"):
		u, err := url.Parse(remote)
		if err != nil || !strings.HasSuffix(u.Path, ".git") {
			return a, false, nil
		}
	case scp.MatchString(remote):
	default:
		return a, false, nil
	}
	a.ref, a.dir, _ = strings.Cut(fragment, ":")
	if a.remote, err = a.query(remote); err != nil {
		return a, true, err
	}
	return a, true, a.check()
}

// query takes BuildKit's words out of the query of a remote.
func (a *gitAddress) query(remote string) (string, error) {
	u, err := url.Parse(remote)
	if err != nil || u.Scheme == "" || u.RawQuery == "" {
		return remote, nil
	}
	q := u.Query()
	rest := url.Values{}
	for key, values := range q {
		value := values[0]
		switch key {
		case "ref", "branch", "tag":
			if a.ref != "" {
				return "", fmt.Errorf("%s: it says twice what is to be checked out", u.Redacted())
			}
			prefix := map[string]string{"ref": "", "branch": "refs/heads/", "tag": "refs/tags/"}[key]
			a.ref = prefix + strings.TrimPrefix(value, prefix)
		case "subdir":
			a.dir = value
		case "checksum", "commit":
			a.commit = value
		case "submodules":
			a.noModules = value == "false" || value == "0"
		case "keep-git-dir":
			keep := value == "" || value == "true" || value == "1"
			a.keepGit = &keep
		default:
			rest[key] = values
		}
	}
	u.RawQuery = rest.Encode()
	return u.String(), nil
}

// login is the remote without who the user is there, and flags by which git puts it in
// again: what is written into a repository may become part of an image.
func (a *gitAddress) login() (without string, flags []string) {
	u, err := url.Parse(a.remote)
	if err != nil || u.User == nil || u.Scheme != "http" && u.Scheme != "https" {
		return a.remote, nil
	}
	host := url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host, Path: "/"}
	full := host.String()
	host.User, u.User = nil, nil
	return u.String(), []string{"-c", "url." + full + ".insteadOf=" + host.String()}
}

// check refuses what git would take for a flag, and what means nothing.
func (a *gitAddress) check() error {
	for _, part := range []string{a.remote, a.ref} {
		if strings.HasPrefix(part, "-") || strings.ContainsAny(part, "\x00\n") {
			return fmt.Errorf("%q: this is not the address of a repository", a.asItIsGiven)
		}
	}
	if strings.ContainsAny(a.ref, " ~^:?*[\\") || strings.Contains(a.ref, "..") {
		return fmt.Errorf("%q: %q is no branch, tag or commit", a.asItIsGiven, a.ref)
	}
	if a.commit != "" && !isCommit(a.commit, 7) {
		return fmt.Errorf("%q: %q is no commit", a.asItIsGiven, a.commit)
	}
	a.dir = strings.TrimPrefix(path.Clean("/"+a.dir), "/")
	return nil
}

// isCommit reports that s is a commit, or at least n digits of one.
func isCommit(s string, n int) bool {
	if len(s) < n || len(s) > 64 {
		return false
	}
	return strings.Trim(s, "0123456789abcdef") == ""
}

// isURL reports that a source is fetched by HTTP.
func isURL(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// isRemote reports that an address of a context is not a directory of this machine.
func isRemote(address string) bool {
	_, git, _ := parseGit(address)
	return git || isURL(address)
}

// redacted is an address without a password, for messages.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	return u.Redacted()
}
