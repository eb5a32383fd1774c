package show

import (
	"io"

	"github.com/mocker-compose/mocker-compose/project"
)

// Support prints what happens to each key of the compose specification.
func Support(w io.Writer, rows []project.Support) error {
	lines := [][]string{{"KEY", "FATE", "WHY"}}
	for _, r := range rows {
		lines = append(lines, []string{r.Key, string(r.Fate), r.Explain()})
	}
	return table(w, 10, lines)
}
