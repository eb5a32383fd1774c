package containersstorage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/exact"
)

// Run is the role [image.RoleStorageLayer], which runs in the user namespace: its
// argument is the directory of a layer's files, its standard input the record, its
// standard output the tar, its standard error why there is none.
func Run(args []string) int {
	if err := run(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("role %s: %d arguments, wanted one", image.RoleStorageLayer, len(args))
	}
	root, err := os.OpenFile(args[0], unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer root.Close()
	if _, err := confine.Enter(root); err != nil {
		return err
	}
	return exact.Write(context.Background(), os.Stdout, os.Stdin, root)
}

// errEnded is a process that was ended from outside, for one by who reads from it.
var errEnded = errors.New("the process that reads it ended")

const maxWords = 4096

// writeTar has the role write the tar of a layer.
func writeTar(ctx context.Context, start image.Start, dir string, record, out *os.File) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	if start == nil {
		start = image.StartInside
	}
	type ended struct {
		code int
		err  error
	}
	end := make(chan ended, 1)
	go func() {
		defer w.Close() // or we would wait for ourselves
		code, err := start(ctx, []string{image.RoleStorageLayer, dir}, [3]*os.File{record, out, w}, true)
		end <- ended{code, err}
	}()
	words, readErr := io.ReadAll(io.LimitReader(r, maxWords))
	e := <-end
	switch said := strings.TrimSpace(string(words)); {
	case e.err != nil:
		return e.err
	case e.code != 0 && said != "":
		return errors.New(said)
	case e.code != 0:
		return fmt.Errorf("%w with code %d", errEnded, e.code)
	}
	return readErr
}
