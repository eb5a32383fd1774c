package layer

import (
	"fmt"
	"strings"
)

// cleanName splits a name of an archive into components. Leading slashes mean
// the root of the tree. The root itself is no components.
func cleanName(name string) ([]string, error) {
	if len(name) >= maxPath {
		return nil, fmt.Errorf("its name has %d bytes, %d are possible", len(name), maxPath-1)
	}
	if strings.ContainsRune(name, 0) {
		return nil, fmt.Errorf("its name holds a zero byte")
	}
	var out []string
	for c := range strings.SplitSeq(name, "/") {
		switch c {
		case "", ".":
		case "..":
			return nil, fmt.Errorf(`its name leads up by ".."`)
		default:
			out = append(out, c)
		}
	}
	return out, nil
}
