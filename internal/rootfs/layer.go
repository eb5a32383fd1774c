package rootfs

import (
	"context"
	"io"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// Options and Stats are those of package layer.
type (
	Options = layer.Options
	Stats   = layer.Stats
	Limits  = layer.Limits
)

// UnpackLayer unpacks a layer of an image, a plain tar archive, into the empty
// directory dst: see layer.Unpack.
func UnpackLayer(ctx context.Context, r io.Reader, dst *os.File, o Options) (Stats, error) {
	return layer.Unpack(ctx, r, dst, o)
}

// Decompress is layer.Decompress.
func Decompress(r io.Reader) (plain io.Reader, release func(), err error) {
	return layer.Decompress(r)
}

// Copy copies a tree into the new directory to: see layer.Copy.
func Copy(ctx context.Context, from, to string) error {
	return layer.Copy(ctx, []string{from}, to)
}

// CopyLayers copies what an overlay of the layers, topmost first, would show
// into the new directory to: see layer.Copy.
func CopyLayers(ctx context.Context, layers []string, to string) error {
	return layer.Copy(ctx, layers, to)
}
