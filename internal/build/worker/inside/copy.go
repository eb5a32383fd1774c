package inside

import (
	"context"
	"errors"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/copying"
	"github.com/mocker-compose/mocker-compose/internal/build/selection"
)

// copy carries COPY and ADD out.
func (p *process) copy(ctx context.Context, job *build.CopyJob, hasDir bool, files []*os.File) (l build.Layer, err error) {
	if hasDir {
		if len(files) == 0 {
			return l, errors.New("COPY: the context is missing")
		}
		job.Dir, files = files[0], files[1:]
	}
	job.Fetched = files
	s, err := p.newStep(ctx, job.Lower, false)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	o := copying.Options{Root: s.root, Single: p.singleID, Unpack: copying.UnpackConfined}
	if job.Copy.Link {
		if o.Root, err = s.alone(); err != nil {
			return l, err
		}
		o.Users = s.root
	}
	if src := job.Copy.From; src.Stage != nil || src.Image != nil {
		if o.From, err = s.show(ctx, job.From); err != nil {
			return l, err
		}
		defer o.From.Close()
	}
	res, err := copying.Copy(ctx, job, o)
	for _, n := range res.Notices {
		p.notice(n)
	}
	if err != nil {
		return l, err
	}
	l, err = s.finish(ctx, job.Epoch)
	l.Changed = res.Changed
	return l, err
}

// alone makes the step one that has nothing below, and returns the directory of its
// files: what its layer holds depends on no other.
func (s *step) alone() (*os.File, error) {
	s.linked = true
	return os.Open(s.upper())
}

// show is a read-only view of layers.
func (s *step) show(ctx context.Context, keys []string) (*os.File, error) {
	lower, err := s.p.visible(keys)
	if err != nil {
		return nil, err
	}
	return s.mount(ctx, lower, "")
}

// digest is that of what a copy would take out of layers.
func (p *process) digest(ctx context.Context, job *build.CopyJob) (_ string, err error) {
	s := &step{p: p}
	if s.room, err = p.store.Layers().NewRoom(ctx); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	from, err := s.show(ctx, job.From)
	if err != nil {
		return "", err
	}
	defer from.Close()
	_, digest, err := (&selection.Tree{Root: from, Owners: true}).Select(ctx, selection.Of(job.Copy))
	return digest, err
}

// makeDir carries WORKDIR out.
func (p *process) makeDir(ctx context.Context, job *build.MakeDirJob) (l build.Layer, err error) {
	s, err := p.newStep(ctx, job.Lower, false)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := copying.MakeDir(s.root, nil, job.MakeDir); err != nil {
		return l, err
	}
	return s.finish(ctx, job.Epoch)
}
