package imagecmd

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// Tag gives an image another name.
func Tag(ctx context.Context, e *client.Env, ref, name string) error {
	if e.Global.DryRun {
		return rehearseTag(e, ref, name)
	}
	s, err := Open(e)
	if err != nil {
		return err
	}
	return brief(s.Tag(ctx, ref, name))
}
