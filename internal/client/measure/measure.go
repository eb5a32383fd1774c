// Package measure finds out how many bytes directories of the user's store hold, in the
// user namespace: what containers have written belongs to subordinate ids, and is not
// for everybody to look at.
package measure

import (
	"context"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/diskusage"
)

// atOnce is how many paths go to one process: they are its argument.
const atOnce = 200

// Sizes are the bytes of the files below directories, in the user namespace,
// where all of them can be looked at. Where that cannot be had, what is ours counts.
func Sizes(ctx context.Context, s *image.Store, paths []string) (sizes []int64, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	for len(paths) > 0 {
		part := paths[:min(atOnce, len(paths))]
		paths = paths[len(part):]
		var got []int64
		err := s.Run(ctx, s.Request(image.OpSizes, func(r *image.Request) { r.Paths = part }), null, func(m *image.Message) {
			if m.Bytes != nil {
				got = append(got, *m.Bytes)
			}
		})
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil || len(got) != len(part) {
			got = nil
			for _, path := range part {
				got = append(got, diskusage.Content(path))
			}
		}
		sizes = append(sizes, got...)
	}
	return sizes, nil
}
