package dockerfile

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// Report prints warnings as `docker build --check` does, each with its lines.
func Report(w io.Writer, name string, data []byte, list []build.Warning) {
	switch len(list) {
	case 0:
		fmt.Fprintln(w, "Check complete, no warnings found.")
	case 1:
		fmt.Fprintln(w, "Check complete, 1 warning has been found!")
	default:
		fmt.Fprintf(w, "Check complete, %d warnings have been found!\n", len(list))
	}
	for _, warning := range list {
		fmt.Fprintf(w, "\nWARNING: %s", warning.Rule)
		if warning.URL != "" {
			fmt.Fprintf(w, " - %s", warning.URL)
		}
		fmt.Fprintf(w, "\n%s\n", warning.Text)
		if text := Excerpt(data, warning.Line, warning.Last); text != "" {
			fmt.Fprintf(w, "\n%s:%d\n%s", name, warning.Line, text)
		}
	}
}

func sortedKeys(m map[string]struct{}) []string {
	return slices.Sorted(maps.Keys(m))
}
