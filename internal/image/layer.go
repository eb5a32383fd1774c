package image

import (
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// layerRecord is what the store knows of an unpacked layer.
type layerRecord struct {
	DiffID  string   `json:"diff_id"`
	Bytes   int64    `json:"bytes"` // of file contents
	Entries int      `json:"entries"`
	Notices []string `json:"notices,omitempty"`
}

func (s *Store) layerFS(key string) string { return s.path("layers", key, "fs") }

func (s *Store) readLayer(key string) (rec layerRecord, err error) {
	_, err = state.Load(s.path("layers", key, "record.json"), &rec)
	return rec, err
}
