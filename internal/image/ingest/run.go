package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/diskusage"
	"github.com/mocker-compose/mocker-compose/internal/rootfs"
)

// cleanUpTime is what an unwanted load has to remove what it began.
const cleanUpTime = 2 * time.Second

// Run carries the request in args out and returns the exit code.
func Run(args []string) int {
	out := &answers{w: os.Stdout}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	watch := func() {
		go confine.WatchReader(func(err error) {
			cancel(err)
			time.Sleep(cleanUpTime) // a read of standard input may hang: the next load cleans up
			os.Exit(1)
		})
	}
	if err := run(ctx, args, out, watch); err != nil {
		out.send(image.Message{Error: err.Error()})
		return 1
	}
	return 0
}

func run(ctx context.Context, args []string, out *answers, watch func()) error {
	var req image.Request
	if len(args) != 1 {
		return fmt.Errorf("role %s: %d arguments, wanted one", image.Role, len(args))
	}
	if err := json.Unmarshal([]byte(args[0]), &req); err != nil {
		return fmt.Errorf("role %s: %w", image.Role, err)
	}
	store, err := image.Open(req.Dir)
	if err != nil {
		return err
	}
	switch req.Op {
	case image.OpLoad, image.OpImport, image.OpLayer, image.OpTar, image.OpSave:
		return bring(ctx, store, &req, out, watch)
	}
	watch()
	switch req.Op {
	case image.OpRemove:
		return remove(ctx, store, req.Clean, out)
	case image.OpPrune:
		events, err := store.Prune(ctx, req.Clean.IDs)
		out.events(events)
		return err
	case image.OpPruneCache:
		events, err := store.PruneCache(ctx, *req.Cache)
		out.events(events)
		return err
	case image.OpSizes:
		for _, path := range req.Paths {
			n := diskusage.Content(path)
			out.send(image.Message{Bytes: &n})
		}
		return nil
	}
	return fmt.Errorf("role %s: no operation %q", image.Role, req.Op)
}

// remove goes on behind a name that fails, as docker does.
func remove(ctx context.Context, store *image.Store, o *image.CleanOptions, out *answers) error {
	var errs []error
	for _, ref := range o.Refs {
		events, err := store.Remove(ctx, ref, o.Force)
		out.events(events)
		var missing *image.NotFoundError
		switch {
		case errors.As(err, &missing) && o.Force:
			out.send(image.Message{Notice: missing.Brief()})
		case errors.As(err, &missing):
			errs = append(errs, errors.New(missing.Brief()))
		default:
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// bring leaves the host behind and reads the archive.
func bring(ctx context.Context, store *image.Store, req *image.Request, out *answers, watch func()) error {
	if req.Op == image.OpLoad || req.Op == image.OpImport || req.Sweep {
		if err := store.Sweep(ctx); err != nil {
			return fmt.Errorf("what an earlier load has left: %w", err)
		}
	}
	in, err := openInput(req)
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	root, err := enter(req.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	watch() // not before: see confine.Enter
	if store, err = image.Open("/"); err != nil {
		return err
	}
	oneID, err := rootfs.OneIDOnly(root)
	if err != nil {
		return err
	}
	if err := store.Layers().SetOneID(oneID); err != nil {
		return err
	}
	l := &loader{store: store, out: out, oneID: oneID, root: root}
	switch req.Op {
	case image.OpImport:
		return l.importTar(ctx, in.file, req.As)
	case image.OpLayer:
		return l.blob(ctx, in.file, req.Blob)
	case image.OpSave:
		return l.save(ctx, in.file, req.Refs)
	case image.OpTar:
		return l.tar(ctx, in.file, req.Key)
	}
	return l.load(ctx, in, req)
}

// answers writes messages, from any goroutine.
type answers struct {
	mu sync.Mutex
	w  *os.File
}

func (a *answers) send(m image.Message) {
	b, err := json.Marshal(m)
	if err != nil {
		b = fmt.Appendf(nil, `{"error":%q}`, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = a.w.Write(append(b, '\n')) // without a reader, see confine.WatchReader
}

func (a *answers) events(list []image.Event) {
	for i := range list {
		a.send(image.Message{Event: &list[i]})
	}
}

func (a *answers) progress(format string, args ...any) {
	a.send(image.Message{Progress: fmt.Sprintf(format, args...)})
}
