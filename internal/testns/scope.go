package testns

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// Scope says what a census looks at.
type Scope struct {
	// Dirs are our run and data directories: files and sockets below them count.
	Dirs []string
	// Keep are path patterns (filepath.Match, relative to their directory)
	// that may stay; all below them may stay too.
	Keep []string
	// Cookie is a KEY=VALUE that the environment of our own processes holds.
	Cookie string

	ids []idRange
}

// NewScope is the scope of the calling user, with its subordinate ids.
func NewScope(cookie string, dirs ...string) Scope {
	return ScopeOf(os.Getuid(), cookie, dirs...)
}

// ScopeOf is the scope of a user, with the subordinate ids that the user has now.
func ScopeOf(uid int, cookie string, dirs ...string) Scope {
	s := Scope{Dirs: dirs, Cookie: cookie, ids: []idRange{{uid, 1}}}
	name := ""
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		name = u.Username
	}
	if r, err := subIDs("/etc/subuid", name, strconv.Itoa(uid)); err == nil {
		s.ids = append(s.ids, r...)
	}
	return s
}

func (s Scope) owns(uid int) bool {
	for _, r := range s.ids {
		if uid >= r.First && uid < r.First+r.Count {
			return true
		}
	}
	return false
}

// kept reports whether a path, relative to one of Dirs, may stay.
func (s Scope) kept(rel string) bool {
	parts := strings.Split(rel, "/")
	for i := range parts {
		for _, pattern := range s.Keep {
			if ok, err := filepath.Match(pattern, strings.Join(parts[:i+1], "/")); ok && err == nil {
				return true
			}
		}
	}
	return false
}

// below reports whether path lies in one of Dirs.
func (s Scope) below(path string) bool {
	for _, d := range s.Dirs {
		if strings.HasPrefix(path, strings.TrimSuffix(d, "/")+"/") {
			return true
		}
	}
	return false
}
