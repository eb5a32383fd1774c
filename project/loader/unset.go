package loader

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/shellword"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/sample"
)

// The words of compose-go and of docker about a variable that is not set.
const (
	unsetBefore = `The "`
	unsetAfter  = `" variable is not set. Defaulting to a blank string.`
)

// maxUnset is how many variables that are not set have a line of their own: some files
// have a hundred, and what matters would be lost among them.
const maxUnset = 5

// tellUnset makes one line of the warnings about many variables that are not set, and
// says how they are set where the project has an example.
func (l *load) tellUnset(warnings []string) []string {
	var names, others []string
	at := 0
	for _, w := range warnings {
		name, ok := strings.CutPrefix(w, unsetBefore)
		if name, ok = strings.CutSuffix(name, unsetAfter); !ok {
			others = append(others, w)
			continue
		}
		if len(names) == 0 {
			at = len(others)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return warnings
	}
	var lines []string
	for _, n := range names {
		lines = append(lines, unsetBefore+n+unsetAfter)
	}
	if more := len(names) - maxUnset; more > 0 {
		lines = []string{fmt.Sprintf(`The "%s" and %d more variables are not set. Defaulting to a blank string. (config --variables lists all)`,
			strings.Join(names[:maxUnset], `", "`), more)}
	}
	if how := l.begin(names); how != "" {
		lines = append(lines, "there is no .env; begin one: "+how)
	}
	return slices.Insert(others, at, lines...)
}

// begin is the command that makes a .env in which one of the variables is set, "" where
// there is one already, or no example of it.
func (l *load) begin(names []string) string {
	missing := filepath.Join(l.where.Dir, ".env")
	if from := sample.Of(missing); from != "" && len(l.where.EnvFiles) == 0 && sample.Has(from, names) {
		return l.copyOf(from, missing)
	}
	return ""
}

// copyOf is the command that makes the missing file of its example.
func (l *load) copyOf(from, missing string) string {
	return "cp " + shellword.Quote(document.ShortName(from, l.where.Cwd)) + " " + shellword.Quote(document.ShortName(missing, l.where.Cwd))
}
