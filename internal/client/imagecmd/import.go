package imagecmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/fifo"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// ImportOptions are the flags of image import.
type ImportOptions struct {
	Changes  []string
	Message  string
	Platform string
}

// Register defines the flags in fs.
func (o *ImportOptions) Register(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&o.Changes, "change", "c", nil, "a Dockerfile `LINE`: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR")
	fs.StringVarP(&o.Message, "message", "m", "", "say in the image's history what it is")
	fs.StringVar(&o.Platform, "platform", "", "must be that of this machine")
}

// Import makes an image of the tar of a root file system; from is a file or "-".
func Import(ctx context.Context, e *client.Env, o *ImportOptions, from, name string) error {
	as := &image.Import{Message: o.Message}
	if as.Message == "" {
		as.Message = "Imported from " + from
	}
	var err error
	if as.Config, err = o.check(); err != nil {
		return err
	}
	if name != "" {
		n, err := imageref.Parse(name)
		if err != nil {
			return err
		}
		if n.Digest != "" {
			return fmt.Errorf("invalid reference %q: cannot import digest reference", name)
		}
		as.Name = n.Tagged().String()
	}
	in, err := openTar(ctx, e, from)
	if err != nil {
		return err
	}
	defer in.Close()
	if e.Global.DryRun {
		rehearseRead(e, from, "Importing", "Imported", as.Name)
		return nil
	}
	s, err := Open(e)
	if err != nil {
		return err
	}
	err = s.Run(ctx, s.Request(image.OpImport, func(r *image.Request) { r.As = as }), in, func(m *image.Message) {
		switch {
		case m.Image != nil:
			e.Println(m.Image.ID)
		case m.Notice != "":
			e.Warn(m.Notice)
		}
	})
	return about(from, err)
}

// check finds mistakes before anything is read, and makes the configuration.
func (o *ImportOptions) check() (c config.Config, err error) {
	if err := dockerfile.Change(&c, o.Changes); err != nil {
		return c, fmt.Errorf("--change: %w", err)
	}
	if here := "linux/" + runtime.GOARCH; o.Platform != "" && o.Platform != "linux" && o.Platform != here {
		return c, fmt.Errorf("--platform %s: this machine is %s", o.Platform, here)
	}
	return c, nil
}

func openTar(ctx context.Context, e *client.Env, from string) (*os.File, error) {
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		return nil, fmt.Errorf("%s: addresses are not fetched: curl -L %s | mocker-compose image import - NAME", from, from)
	}
	if from != "-" {
		return fifo.ForProcess(ctx, from)
	}
	if term.IsTerminal(int(e.Stdin.Fd())) {
		return nil, errors.New("standard input is a terminal: pipe a tar into it, or name a file")
	}
	return e.Stdin, nil
}
