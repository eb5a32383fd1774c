package inside

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/userspec"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// copy carries COPY and ADD out.
func (p *process) copy(ctx context.Context, job *build.CopyJob, hasDir bool, files []*os.File) (build.Layer, error) {
	return build.Layer{}, errors.New("not yet")
}

// makeDir carries WORKDIR out.
func (p *process) makeDir(ctx context.Context, job *build.MakeDirJob) (l build.Layer, err error) {
	s, err := p.newStep(ctx, job.Lower, false)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	u, err := userspec.InRoot(s.root, job.MakeDir.User, nil)
	if err != nil {
		return l, err
	}
	var made points
	defer made.close()
	if err := made.note(s.root, job.MakeDir.Path); err != nil {
		return l, fmt.Errorf("make %s: %w", job.MakeDir.Path, err)
	}
	if len(made.made) == 0 {
		return build.Layer{Empty: true}, nil
	}
	dir, err := safepath.MkdirAllInRoot(s.root, job.MakeDir.Path, 0o755)
	if err != nil {
		return l, fmt.Errorf("make %s: %w", job.MakeDir.Path, err)
	}
	defer dir.Close()
	for n := range made.made[0].names {
		if err := own(&made.made[0], n+1, u, s.p.singleID); err != nil {
			return l, fmt.Errorf("make %s: %w", job.MakeDir.Path, err)
		}
	}
	return s.finish(ctx, job.Epoch)
}

// own gives a directory that was made to the user.
func own(pt *point, n int, u userspec.User, singleID bool) error {
	if singleID || u.UID == 0 && u.GID == 0 {
		return nil
	}
	dir, err := openBelow(pt.dir, pt.names[:n])
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Fchownat(wire.FD(dir), "", int(u.UID), int(u.GID), unix.AT_EMPTY_PATH)
}
