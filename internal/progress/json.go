package progress

import (
	"encoding/json"
)

// record is one line of --progress json: docker compose's keys.
type record struct {
	DryRun  bool   `json:"dry-run,omitempty"`
	ID      string `json:"id"`
	Parent  string `json:"parent_id,omitempty"`
	Status  string `json:"status"`
	Text    string `json:"text"`
	Details string `json:"details,omitempty"`
	Current int64  `json:"current,omitempty"`
	Total   int64  `json:"total,omitempty"`
	Percent int64  `json:"percent,omitempty"`
}

func jsonLine(e Event, dry bool) string {
	r := record{DryRun: dry, ID: e.ID, Parent: e.Parent, Status: e.Status.String(), Text: e.Text, Details: e.Details, Current: e.Current, Total: e.Total}
	if e.Total > 0 {
		r.Percent = min(e.Current*100/e.Total, 100)
	}
	// Strings and numbers always marshal.
	line, _ := json.Marshal(r)
	return string(line) + "\n"
}
