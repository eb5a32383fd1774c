package imagecmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/fifo"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/internal/sources"
)

// LoadOptions are the flags of image load.
type LoadOptions struct {
	Input string
	Quiet bool
}

// Register defines the flags in fs.
func (o *LoadOptions) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Input, "input", "i", "", "read from a `FILE`, an OCI layout's directory, docker-daemon:NAME or containers-storage:NAME instead of standard input")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "do not say what goes on")
}

// Load brings the images of an archive into the store.
func Load(ctx context.Context, e *client.Env, o *LoadOptions) error {
	if src, err := imageref.ParseSource(o.Input); err == nil && src.Live() {
		return loadLive(ctx, e, src)
	}
	in := e.Stdin
	if o.Input != "" {
		f, err := fifo.ForProcess(ctx, o.Input)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	} else if term.IsTerminal(int(in.Fd())) {
		return errors.New("requested load from stdin, but stdin is empty: pipe an archive into it, or name one with -i FILE")
	}
	if e.Global.DryRun {
		rehearseRead(e, o.Input, "Loading", "Loaded", "")
		return nil
	}
	s, err := Open(e)
	if err != nil {
		return err
	}
	err = s.Run(ctx, s.Request(image.OpLoad, func(*image.Request) {}), in, func(m *image.Message) {
		printLoaded(e, m, o.Quiet)
	})
	return about(o.Input, err)
}

// loadLive takes an image over from another program.
func loadLive(ctx context.Context, e *client.Env, src imageref.Source) error {
	if e.Global.DryRun {
		rehearseRead(e, src.String(), "Loading", "Loaded", "")
		return nil
	}
	s, err := Open(e)
	if err != nil {
		return err
	}
	img, err := sources.Load(ctx, s, e.Getenv, src, nil)
	if err == nil {
		printLoaded(e, &image.Message{Image: &img}, false)
	}
	return err
}

// about names the archive in an error.
func about(file string, err error) error {
	if err == nil {
		return nil
	}
	if file == "" || file == "-" {
		file = "standard input"
	}
	return fmt.Errorf("%s: %w", file, err)
}

// printLoaded has docker's lines on standard output, ours on standard error.
func printLoaded(e *client.Env, m *image.Message, quiet bool) {
	switch {
	case m.Image != nil && len(m.Image.Names) == 0:
		e.Println("Loaded image ID:", m.Image.ID)
	case m.Image != nil:
		for _, name := range m.Image.Names {
			e.Println("Loaded image:", progress.Line(name))
		}
	case m.Renamed != nil:
		e.Printf("The image %s already exists, renaming the old one with ID %s to empty string\n", m.Renamed.Name, m.Renamed.From)
	case m.Notice != "":
		e.Warn(m.Notice)
	case m.Progress != "" && !quiet && term.IsTerminal(int(e.Stderr.Fd())):
		fmt.Fprintln(e.Stderr, " "+progress.Line(strings.ToUpper(m.Progress[:1])+m.Progress[1:]))
	}
}
