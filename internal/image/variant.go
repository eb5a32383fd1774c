package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Variant says which tree of an image is wanted, other than its layers: one tree in
// which owners have changed places. It is made on demand, from the layers, and kept
// as long as the image is there; [Store.Prune] takes those that no container has.
type Variant struct {
	Exchange exchange.IDs `json:"exchange"`
	Base     string       `json:"base,omitempty"` // a directory that lies above the layers; "" = none
	// Bare: files have no content of their own; the layers have to be mounted below
	// (sandbox.Layers.Data). It takes inodes, but no room.
	Bare bool `json:"bare,omitempty"`
}

// variantRecord is what the store knows of a variant. It is there once the variant is
// complete, and on disk if it is not bare: to wait for the disk takes longer than to make
// a bare one again, which is done once in each boot.
type variantRecord struct {
	Variant
	Layers []string `json:"layers"`
	Bytes  int64    `json:"bytes"` // that it takes on disk
}

const variantsDir = "variants"

// variantKey names the directory of a variant of an image.
func variantKey(v Variant, layers []string) string {
	text, err := json.Marshal(variantRecord{Variant: v, Layers: layers})
	if err != nil {
		panic(err) // strings and numbers only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (s *Store) variantFS(key string) string { return s.path(variantsDir, key, "fs") }

func (s *Store) readVariant(key string) (rec variantRecord, err error) {
	_, err = state.Load(s.path(variantsDir, key, recordName), &rec)
	return rec, err
}

// hasVariant tells whether a variant can be relied on.
func (s *Store) hasVariant(key string) bool {
	var rec variantRecord
	sameBoot, err := state.Load(s.path(variantsDir, key, recordName), &rec)
	return err == nil && (sameBoot || !rec.Bare)
}

// MakeVariant makes a variant of an image, unless it is there; making is called before
// the work begins. What an interrupted call has left is removed by the next, or swept.
func (s *Store) MakeVariant(ctx context.Context, id string, v Variant, making func()) error {
	img, locks, err := s.leaseLayers(ctx, id)
	if err != nil {
		return err
	}
	defer locks.close()
	key := variantKey(v, img.Layers)
	if s.hasVariant(key) {
		return nil
	}
	turn, err := state.WaitLock(ctx, s.path("locks", key), unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer turn.Close()
	if s.hasVariant(key) {
		return nil // another was faster
	}
	making()
	if err := s.fillVariant(ctx, key, v, &img); err != nil {
		return fmt.Errorf("image %s with the owners %s and 0 exchanged: %w", shortID(id), v.Exchange, err)
	}
	return nil
}

// open files that hold locks.
type lockList []*os.File

func (l lockList) close() {
	for _, f := range l {
		f.Close()
	}
}

// leaseLayers keeps the layers of an image from being deleted.
func (s *Store) leaseLayers(ctx context.Context, id string) (img Image, locks lockList, err error) {
	err = s.reading(ctx, func(x *index) error {
		var ok bool
		if img, ok = x.image(id); !ok {
			return &NotFoundError{Ref: id}
		}
		return nil
	})
	if err != nil {
		return img, nil, err
	}
	for _, key := range img.Layers {
		lock, err := state.WaitLock(ctx, s.path("locks", key), unix.LOCK_SH)
		if err != nil {
			locks.close()
			return img, nil, err
		}
		locks = append(locks, lock)
	}
	return img, locks, nil
}

// fillVariant makes the tree under another name and publishes it by a rename.
func (s *Store) fillVariant(ctx context.Context, key string, v Variant, img *Image) (err error) {
	if err := state.MakePrivate(s.path(variantsDir)); err != nil {
		return err
	}
	dir, err := os.Open(s.path(variantsDir))
	if err != nil {
		return err
	}
	defer dir.Close()
	tmp := tmpPrefix + key
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
	if err := os.Mkdir(s.path(variantsDir, tmp), 0o700); err != nil {
		return err
	}
	root, err := s.rootOf(img)
	if err != nil {
		return err
	}
	lower := root.Lower
	if v.Base != "" {
		lower = append([]string{v.Base}, lower...)
	}
	tree := s.path(variantsDir, tmp, "fs")
	if err := layer.CopyAs(ctx, lower, tree, layer.How{Exchange: v.Exchange, Bare: v.Bare}); err != nil {
		return err
	}
	if !v.Bare {
		if err := unix.Syncfs(int(dir.Fd())); err != nil {
			return err
		}
	}
	rec := variantRecord{Variant: v, Layers: img.Layers, Bytes: diskSize(tree)}
	if err := state.Save(s.path(variantsDir, tmp, recordName), rec); err != nil {
		return err
	}
	return unix.Renameat(int(dir.Fd()), tmp, int(dir.Fd()), key)
}

// diskSize is what the files below dir take of the disk, in bytes.
func diskSize(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				n += st.Blocks * 512
			}
		}
		return nil
	})
	return n
}

// variantTries is how often a variant is made for somebody before whose use a prune
// takes it away.
const variantTries = 5

// UseVariant is Use, of a variant, which is made if it is missing.
func (s *Store) UseVariant(ctx context.Context, id, holder string, v Variant) (*Root, error) {
	return s.useVariant(ctx, id, filepath.Join(holder, holderName), v)
}

// UseMountVariant is UseMount, of a variant.
func (s *Store) UseMountVariant(ctx context.Context, id, holder string, n int, v Variant) (*Root, error) {
	return s.useVariant(ctx, id, filepath.Join(holder, fmt.Sprintf("%s.%d", holderName, n)), v)
}

func (s *Store) useVariant(ctx context.Context, id, mark string, v Variant) (*Root, error) {
	for range variantTries {
		if err := s.MakeVariant(ctx, id, v, func() {}); err != nil {
			return nil, err
		}
		r, err := s.use(ctx, id, mark, &v)
		if !errors.Is(err, errNoVariant) {
			return r, err
		}
	}
	return nil, fmt.Errorf("image %s: %w", shortID(id), errNoVariant)
}

var errNoVariant = errors.New("its tree with exchanged owners was removed meanwhile")

// relyOn makes the image's own root that of a variant, if it is there.
func (s *Store) relyOn(v *Variant, img *Image, r *Root) (key string, err error) {
	key = variantKey(*v, img.Layers)
	if !s.hasVariant(key) {
		return "", errNoVariant
	}
	variantRoot(v, r, s.variantFS(key))
	return key, nil
}

// variantRoot makes an image's own root that of a variant.
func variantRoot(v *Variant, r *Root, tree string) {
	if v.Bare {
		r.Data = r.Lower
	}
	r.Lower = []string{tree}
}

// ExchangeOf is what the container whose data directory is holder has exchanged: it
// keeps that for its life, for the files that it has written are owned by it. ok is
// false for a container without an image, or none at all.
func ExchangeOf(holder string) (x exchange.IDs, ok bool) {
	h, err := readHeld(filepath.Join(holder, holderName))
	if err != nil {
		return x, false
	}
	if h.Exchange != nil {
		x = *h.Exchange
	}
	return x, true
}

// RootOf are the read-only directories of the container whose data directory is holder,
// and which keeps the image, and what is exchanged in them.
func (s *Store) RootOf(holder string, img *Image) (r *Root, x exchange.IDs, err error) {
	h, err := readHeld(filepath.Join(holder, holderName))
	if err != nil {
		return nil, x, err
	}
	if r, err = s.rootOf(img); err != nil || h.Variant == "" {
		return r, x, err
	}
	rec, err := s.readVariant(h.Variant)
	if err != nil {
		return nil, x, fmt.Errorf("the tree that the container has of its image: %w", err)
	}
	variantRoot(&rec.Variant, r, s.variantFS(h.Variant))
	return r, rec.Exchange, nil
}

// doomVariants takes the names of variants that no container has and whose image is
// gone (unused: whether or not it is), and of what killed processes left. The caller
// holds the store's lock.
func (s *Store) doomVariants(x *index, needed map[string]bool, unused bool) (doomed []doomedLayer, err error) {
	entries, err := os.ReadDir(s.path(variantsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, e := range entries {
		key, isTmp := cutTmp(e.Name())
		if !isHex(key, 64) || !isTmp && (needed[key] || !unused && s.hasImage(x, key)) {
			continue
		}
		d, err := s.doomVariant(key, isTmp)
		if d != nil {
			doomed = append(doomed, *d)
		}
		errs = append(errs, err)
	}
	return doomed, errors.Join(errs...)
}

// hasImage tells whether an image has exactly the layers that a variant was made of.
func (s *Store) hasImage(x *index, key string) bool {
	rec, err := s.readVariant(key)
	if err != nil {
		return false
	}
	for _, img := range x.Images {
		if slices.Equal(img.Layers, rec.Layers) {
			return true
		}
	}
	return false
}

func (s *Store) doomVariant(key string, isTmp bool) (*doomedLayer, error) {
	lock, err := state.TryLock(s.path("locks", key))
	if errors.Is(err, state.ErrLocked) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &doomedLayer{dir: s.path(variantsDir), tmp: tmpPrefix + key, lock: lock}
	if isTmp {
		return d, nil
	}
	if rec, err := s.readVariant(key); err == nil {
		d.event = &Event{Deleted: "variant:" + key, Bytes: rec.Bytes}
	}
	dir, err := os.Open(d.dir)
	if err == nil {
		err = errors.Join(safepath.RemoveAll(dir, d.tmp), unix.Renameat(int(dir.Fd()), key, int(dir.Fd()), d.tmp), dir.Close())
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}
