package registry

import (
	"github.com/mocker-compose/mocker-compose/internal/image/config"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// Described is what a registry says of an image, all of it compared with its
// digests.
type Described struct {
	Name     imageref.Name
	Digest   string // of what the name leads to: a manifest, or an index of them
	Manifest string // digest of the manifest for the platform
	Config   []byte // as it is there; its digest is the image's id
	ID       string
	File     config.File
	Platform string // "linux/arm64/v8"
	Size     int64  // of all blobs, bytes
}
