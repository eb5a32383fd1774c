package ingest

import (
	"bufio"
	"context"
	"errors"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/image/exact"
)

// tar writes the exact tar of a layer to out, which is standard input: standard
// output is for messages.
func (l *loader) tar(ctx context.Context, out *os.File, key string) error {
	if out == nil {
		return errors.New("there is nothing to write to")
	}
	w := bufio.NewWriterSize(out, 1<<17)
	if _, err := exact.Layer(ctx, l.store.Layers(), key, w); err != nil {
		return err
	}
	return w.Flush()
}
