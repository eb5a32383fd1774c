package imagecmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// SaveOptions are the flags of image save.
type SaveOptions struct{ Output, Platform string }

// Register defines the flags in fs.
func (o *SaveOptions) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Output, "output", "o", "", "write to a `FILE` instead of standard output")
	fs.StringVar(&o.Platform, "platform", "", "must be that of the images: the store has one platform of an image, `OS/ARCH[/VARIANT]`")
}

// Save writes images into an archive, as docker save does.
func Save(ctx context.Context, e *client.Env, o *SaveOptions, refs []string) (err error) {
	if o.Output == "" && term.IsTerminal(int(e.Stdout.Fd())) {
		return errors.New("cowardly refusing to save to a terminal. Use the -o flag or redirect")
	}
	s, err := there(e)
	if err != nil {
		return err
	}
	if s == nil {
		return brief(&image.NotFoundError{Ref: refs[0]})
	}
	if err := o.check(s, refs); err != nil {
		return err
	}
	if e.Global.DryRun {
		return o.rehearse(e, s, refs)
	}
	out, finish, err := o.open(e)
	if err != nil {
		return err
	}
	defer func() { err = finish(err) }()
	return s.Run(ctx, s.Request(image.OpSave, func(r *image.Request) { r.Refs = refs }), out, func(m *image.Message) {
		if m.Notice != "" {
			e.Warn(m.Notice)
		}
	})
}

// check finds mistakes before anything is written.
func (o *SaveOptions) check(s *image.Store, refs []string) error {
	list, err := s.Choose(refs)
	if err != nil {
		return brief(err)
	}
	for i := range list {
		img := &list[i]
		is := img.OS + "/" + img.Architecture
		if want := strings.TrimSuffix(o.Platform, "/"); want != "" && want != is && want != is+"/"+img.Variant {
			return fmt.Errorf("image %s is for %s, not for %s", short(img.ID), is, o.Platform)
		}
	}
	return nil
}

// open opens a file that gets its name when all is in it. What is no file (a
// pipe, a device) is written as it is.
func (o *SaveOptions) open(e *client.Env) (out *os.File, finish func(error) error, err error) {
	if o.Output == "" {
		return e.Stdout, func(err error) error { return err }, nil
	}
	if st, err := os.Stat(o.Output); err == nil && !st.Mode().IsRegular() {
		if st.IsDir() {
			return nil, nil, fmt.Errorf("invalid output path: %s is a directory", o.Output)
		}
		out, err = os.OpenFile(o.Output, os.O_WRONLY, 0)
		return out, func(err error) error { return errors.Join(err, out.Close()) }, err
	}
	out, err = os.CreateTemp(filepath.Dir(o.Output), "."+filepath.Base(o.Output)+".*")
	if err != nil {
		return nil, nil, fmt.Errorf("invalid output path: %w", err)
	}
	return out, func(err error) error {
		err = errors.Join(err, out.Close())
		if err == nil {
			err = os.Rename(out.Name(), o.Output)
		}
		if err != nil {
			_ = os.Remove(out.Name())
			err = cause.Told(fmt.Errorf("%s: %w", o.Output, err), cause.DirOf(out.Name()))
		}
		return err
	}, nil
}
