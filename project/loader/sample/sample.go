package sample

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// word is what tells an example's name from the name of the file itself.
var word = regexp.MustCompile(`(?i)[._-]?\b(?:example|sample|template|dist|default|tmpl)\b`)

// maxSize bounds an example that is read, in bytes.
const maxSize = 1 << 20

// maxEntries bounds how many names of a directory are looked at.
const maxEntries = 4096

// Of is the path of the example of the missing file, "" if there is none beside it, or if
// the file is there.
func Of(missing string) string {
	if _, err := os.Lstat(missing); err == nil {
		return ""
	}
	dir, err := os.Open(filepath.Dir(missing))
	if err != nil {
		return ""
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxEntries)
	found := ""
	for _, e := range entries {
		if e.Type().IsRegular() && stands(e.Name(), filepath.Base(missing)) && (found == "" || e.Name() < found) {
			found = e.Name()
		}
	}
	if found == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(missing), found)
}

// stands reports that name is that of an example of the file.
func stands(name, file string) bool {
	at := word.FindStringIndex(name)
	if at == nil {
		return false
	}
	bare := func(s string) string { return strings.TrimLeft(s, "._-") }
	return bare(name[:at[0]]+name[at[1]:]) == bare(file)
}

// Has reports that the file at path sets one of the variables.
func Has(path string, names []string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return false
	}
	set := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		name, _, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		set[strings.TrimSpace(name)] = ok
	}
	for _, n := range names {
		if set[n] {
			return true
		}
	}
	return false
}
