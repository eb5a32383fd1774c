package containertree

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// Role is the name of the process that reads (see internal/early). Its argument is
// a Request, its standard input what to write the tar to, its standard output an
// Answer.
const Role = "container-tree"

// Request says what to read.
type Request struct {
	Data  string   `json:"data"`  // the container's directory
	Base  string   `json:"base"`  // the mount points that lie above its image; may be missing
	Lower []string `json:"lower"` // the layers of its image, the topmost first
	// Own are the ids that have changed places in all of them, Contents further layers,
	// for contents alone.
	Own      exchange.IDs `json:"own,omitzero"`
	Contents []string     `json:"contents,omitempty"`
	// Changes: what differs from the image, as a layer; else the whole root.
	Changes bool `json:"changes,omitempty"`
}

// Answer is how it went.
type Answer struct {
	DiffID string `json:"diff_id,omitempty"` // of the tar
	Empty  bool   `json:"empty,omitempty"`   // there is nothing in it
	Error  string `json:"error,omitempty"`
}

// Tar has the process write the tar to out.
func Tar(ctx context.Context, start image.Start, req Request, out *os.File) (a Answer, err error) {
	arg, err := json.Marshal(req)
	if err != nil {
		return a, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return a, err
	}
	defer r.Close()
	type ended struct {
		code int
		err  error
	}
	end := make(chan ended, 1)
	go func() {
		defer w.Close() // or we would wait for ourselves
		code, err := start(ctx, []string{Role, string(arg)}, [3]*os.File{out, w, os.Stderr}, true)
		end <- ended{code, err}
	}()
	said, readErr := io.ReadAll(io.LimitReader(r, 1<<20))
	switch e := <-end; {
	case ctx.Err() != nil:
		return a, context.Cause(ctx)
	case e.err != nil:
		return a, e.err
	case readErr != nil:
		return a, readErr
	case len(said) == 0:
		return a, fmt.Errorf("the process that reads the container ended with code %d", e.code)
	}
	if err := json.Unmarshal(said, &a); err != nil {
		return a, fmt.Errorf("the process that reads the container: %w", err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}
