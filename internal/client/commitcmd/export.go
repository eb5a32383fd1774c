package commitcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/progress"
)

// ExportOptions are the flags of export.
type ExportOptions struct {
	Index  int
	Output string
}

// Register defines the flags in fs.
func (o *ExportOptions) Register(fs *pflag.FlagSet) {
	fs.IntVar(&o.Index, "index", 0, "the replica, if the service has several")
	fs.StringVarP(&o.Output, "output", "o", "", "write to a `FILE`, instead of standard output")
}

// Export writes a container's root file system as a tar.
func Export(ctx context.Context, e *client.Env, t client.Target, o *ExportOptions, service string) error {
	if o.Output == "" && term.IsTerminal(int(e.Stdout.Fd())) {
		return errors.New("output option is required when exporting to terminal: -o FILE")
	}
	c, err := find(ctx, e, t, service, o.Index)
	if err != nil {
		return err
	}
	if e.Global.DryRun {
		return rehearseExport(e, c.container.Name, o.Output)
	}
	out, publish, err := open(e, o.Output)
	if err != nil {
		return err
	}
	id := "Container " + c.container.Name
	show := e.Display()
	show.On(progress.Event{ID: id, Text: "Exporting"})
	_, err = c.write(ctx, false, out)
	if err = publish(err); err != nil {
		show.On(progress.Event{ID: id, Status: progress.Error, Text: "Error"})
		show.Pause()
		return fmt.Errorf("export %s: %w", c.container.Name, err)
	}
	show.On(progress.Event{ID: id, Status: progress.Done, Text: "Exported"})
	return nil
}

// rehearseExport tells of an export into a directory that is there.
func rehearseExport(e *client.Env, name, output string) error {
	to := output
	if to == "" || to == "-" {
		to = "standard output"
	} else if _, err := os.Stat(filepath.Dir(output)); err != nil {
		return err
	}
	e.RehearseWith("Container", name, "Exporting", "Exported", "to "+to)
	return nil
}

// open opens what to write to. A file appears, or is replaced, when all is in it.
func open(e *client.Env, path string) (out *os.File, publish func(error) error, err error) {
	if path == "" || path == "-" {
		return e.Stdout, func(err error) error { return err }, nil
	}
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() { // a fifo, /dev/null
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return f, func(err error) error { return errors.Join(err, f.Close()) }, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, nil, err
	}
	return f, func(err error) error {
		if err == nil {
			err = f.Chmod(0o600) // as docker: it may hold secrets
		}
		if err = errors.Join(err, f.Close()); err == nil {
			err = os.Rename(f.Name(), path)
		}
		if err != nil {
			os.Remove(f.Name())
			err = cause.Told(fmt.Errorf("%s: %w", path, err), cause.DirOf(f.Name()))
		}
		return err
	}, nil
}
