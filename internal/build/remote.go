package build

import (
	"net/url"
	"strings"
)

// IsURL reports a source of ADD that is fetched by HTTP (Dockerfile reference, "ADD").
func IsURL(s string) bool { return isHTTP(s) && !IsGit(s) }

func isHTTP(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// IsGit reports a source of ADD that is a repository: git://, ssh://, git@HOST:PATH, or
// http(s) with a path that ends in ".git".
func IsGit(s string) bool {
	switch {
	case isHTTP(s):
		u, err := url.Parse(s)
		return err == nil && strings.HasSuffix(u.Path, ".git")
	case strings.HasPrefix(s, "git://"), strings.HasPrefix(s, "ssh://"):
		return true
	}
	user, rest, ok := strings.Cut(s, "@")
	host, path, colon := strings.Cut(rest, ":")
	return ok && colon && path != "" && isWord(user) && isWord(host)
}

func isWord(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}
