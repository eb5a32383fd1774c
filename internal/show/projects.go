package show

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Project is one line of ls.
type Project struct {
	Name        string `json:"Name"`
	Status      string `json:"Status"`      // "exited(1), running(2)"
	ConfigFiles string `json:"ConfigFiles"` // by commas
}

// Count says how many containers are in which state: "exited(1), running(2)".
func Count(states []string) string {
	n := map[string]int{}
	for _, s := range states {
		n[s]++
	}
	var words []string
	for _, s := range slices.Sorted(maps.Keys(n)) {
		words = append(words, fmt.Sprintf("%s(%d)", s, n[s]))
	}
	return strings.Join(words, ", ")
}

// Projects prints the table of ls.
func Projects(w io.Writer, ps []Project) error {
	rows := [][]string{{"NAME", "STATUS", "CONFIG FILES"}}
	for _, p := range ps {
		rows = append(rows, []string{p.Name, p.Status, p.ConfigFiles})
	}
	return table(w, 20, rows)
}

// ProjectsJSON prints one array; no project is an empty one.
func ProjectsJSON(w io.Writer, ps []Project) error {
	if ps == nil {
		ps = []Project{}
	}
	return json.NewEncoder(w).Encode(ps)
}
