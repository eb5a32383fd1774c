package client

import (
	"fmt"
	"strings"
)

// Name is the project's name as far as flags and environment tell it: "" means
// that the compose files must.
func (e *Env) Name() (string, error) {
	if e.Global.ProjectName != "" {
		return e.Global.ProjectName, CheckName(e.Global.ProjectName)
	}
	if name := e.Getenv("COMPOSE_PROJECT_NAME"); name != "" {
		return name, CheckName(name)
	}
	return "", nil
}

// CheckName refuses a name that the compose spec does not allow for a project
// (00-overview, "project name"). It also keeps names from leaving our directories.
func CheckName(name string) error {
	if name == "" || name != NormalizeName(name) {
		return fmt.Errorf("invalid project name %q: use lower case letters, digits, - and _, and begin with a letter or a digit", name)
	}
	return nil
}

// NormalizeName makes a project name of a directory's base name: lower case,
// what is not allowed left out.
func NormalizeName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, strings.ToLower(s))
	return strings.TrimLeft(s, "_-")
}
