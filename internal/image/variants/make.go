package variants

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mocker-compose/mocker-compose/internal/image/diskusage"
	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"golang.org/x/sys/unix"
)

// Make makes the variant of an image's layers, unless it is there: lower are their
// directories, the topmost first, which the caller keeps. making is called before the
// work begins. What an interrupted call has left is removed by the next, or doomed.
func (s Store) Make(ctx context.Context, v Spec, layers, lower []string, making func()) error {
	key := Key(v, layers)
	if s.Has(key) {
		return nil
	}
	turn, err := state.WaitLock(ctx, filepath.Join(s.locks, key), unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer turn.Close()
	if s.Has(key) {
		return nil // another was faster
	}
	making()
	return s.fill(ctx, key, v, layers, lower)
}

// fill makes the tree under another name and publishes it by a rename.
func (s Store) fill(ctx context.Context, key string, v Spec, layers, lower []string) (err error) {
	if err := state.MakePrivate(s.dir); err != nil {
		return err
	}
	dir, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	tmp := doomed.TmpPrefix + key
	for _, left := range []string{tmp, key} {
		if err := safepath.RemoveAll(dir, left); err != nil {
			return fmt.Errorf("what is left of an earlier one: %w", err)
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, safepath.RemoveAll(dir, tmp))
		}
	}()
	if err := os.Mkdir(s.path(tmp), 0o700); err != nil {
		return err
	}
	if v.Base != "" {
		lower = append([]string{v.Base}, lower...)
	}
	tree := s.path(tmp, "fs")
	if err := layer.CopyAs(ctx, lower, tree, layer.How{Exchange: v.Exchange, Bare: v.Bare}); err != nil {
		return err
	}
	if !v.Bare {
		if err := unix.Syncfs(int(dir.Fd())); err != nil {
			return err
		}
	}
	rec := Record{Spec: v, Layers: layers, Bytes: diskusage.Blocks(tree)}
	if err := state.Save(s.path(tmp, recordName), rec); err != nil {
		return err
	}
	return unix.Renameat(int(dir.Fd()), tmp, int(dir.Fd()), key)
}
