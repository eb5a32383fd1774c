package show

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/docker/go-units"
)

// ImageRow is a line of images, with docker compose's keys.
type ImageRow struct {
	ID            string     `json:"ID"` // "" = it is no image of the store
	ContainerName string     `json:"ContainerName"`
	Repository    string     `json:"Repository"`
	Tag           string     `json:"Tag"`
	Platform      string     `json:"Platform"`
	Size          int64      `json:"Size"` // bytes
	Created       *time.Time `json:"Created,omitempty"`
	LastTagTime   time.Time  `json:"LastTagTime,omitzero"`
}

// Images prints the table of images.
func Images(w io.Writer, rows []ImageRow, now time.Time) error {
	lines := [][]string{{"CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED"}}
	for _, r := range rows {
		created, size := "N/A", "N/A"
		if r.Created != nil {
			created = Human(now.Sub(*r.Created)) + " ago"
		}
		if r.ID != "" {
			size = units.HumanSizeWithPrecision(float64(r.Size), 3)
		}
		id := strings.TrimPrefix(r.ID, "sha256:")
		lines = append(lines, []string{r.ContainerName, orNone(r.Repository), orNone(r.Tag), r.Platform, orNone(id[:min(len(id), shortID)]), size, created})
	}
	return table(w, 10, lines)
}

func orNone(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}

// ImagesJSON prints all rows as one array.
func ImagesJSON(w io.Writer, rows []ImageRow) error {
	if rows == nil {
		rows = []ImageRow{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(rows)
}
