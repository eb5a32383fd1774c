package rootfs

import (
	"archive/tar"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
)

var (
	file    = hazard.File
	folder  = hazard.Dir
	link    = hazard.Link
	hard    = hazard.Hard
	special = hazard.Special
)

func archive(t testing.TB, entries []tar.Header) []byte {
	t.Helper()
	b, err := hazard.Encode(entries)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
