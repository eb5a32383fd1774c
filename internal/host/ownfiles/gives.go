package ownfiles

import (
	"path"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// gift is a chown that a service's command carries out.
type gift struct {
	owner string   // as in `user`
	paths []string // absolute
}

// separators end a command of a shell's.
const separators = ";&|()\n"

// gifts are the chowns in what a service executes, as far as they can be read off it: those
// whose owner is no variable. What a script of the image does is not seen.
func gifts(s *project.Service) (list []gift) {
	var words []string
	for _, arg := range slices.Concat(s.Entrypoint, s.Command) {
		for _, sep := range separators {
			arg = strings.ReplaceAll(arg, string(sep), " ; ")
		}
		words = append(words, strings.Fields(arg)...)
	}
	for i, word := range words {
		if path.Base(word) != "chown" {
			continue
		}
		rest := words[i+1:]
		if end := slices.Index(rest, ";"); end >= 0 {
			rest = rest[:end]
		}
		rest = slices.DeleteFunc(slices.Clone(rest), func(w string) bool { return strings.HasPrefix(w, "-") })
		if len(rest) < 2 {
			continue
		}
		owner := strings.TrimSuffix(strings.Trim(rest[0], `"'`), ":")
		if owner == "" || strings.HasPrefix(owner, ":") || strings.ContainsAny(owner, "$`{") {
			continue
		}
		g := gift{owner: owner}
		for _, p := range rest[1:] {
			if p = strings.Trim(p, `"'`); path.IsAbs(p) {
				g.paths = append(g.paths, path.Clean(strings.TrimSuffix(p, "*")))
			}
		}
		list = append(list, g)
	}
	return list
}

// receiver is the one user to whom the service gives all directories of the user's that it
// may write to, "" if there is none.
func (w *Wanted) receiver() (owner string) {
	given := gifts(w.Service)
	for i := range w.Data {
		d := &w.Data[i]
		if d.Volume || !d.Write || isQuiet(d.Target) || d.isFile() {
			continue
		}
		to := ""
		for _, g := range given {
			if slices.ContainsFunc(g.paths, func(p string) bool { return project.Within(d.Target, p) }) {
				to = g.owner // the last one counts
			}
		}
		if to == "" || owner != "" && to != owner {
			return ""
		}
		owner = to
	}
	return owner
}
