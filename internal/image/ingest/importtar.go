package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// importTar makes an image of one layer of the tar of a root file system.
func (l *loader) importTar(ctx context.Context, in *os.File, as *image.Import) error {
	if in == nil {
		return errors.New("a directory cannot be imported: give a tar of it")
	}
	lease, diffHex, err := l.store.Layers().NewLayer(ctx, l.oneID, func(fs, record *os.File) (layer.Stats, string, error) {
		return l.unpackTar(ctx, in, fs, record)
	})
	if err != nil {
		return err
	}
	defer lease.Close()
	raw, err := imported(as, diffHex, time.Now().UTC())
	if err != nil {
		return err
	}
	img, notices, err := image.Describe(raw)
	if err != nil {
		return err
	}
	left := lease.Stats.Left
	for _, n := range append(notices, left.Notices(l.oneID)...) {
		l.out.send(image.Message{Notice: n})
	}
	img.Layers, img.Size = []string{lease.Key}, lease.Stats.Bytes
	if as.Name != "" {
		img.Names = []string{as.Name}
	}
	return l.commit(ctx, []image.New{{Image: *img, Raw: raw}})
}

// unpackTar also returns the digest of the plain tar. Whiteouts are applied as
// to nothing: there are no layers below.
func (l *loader) unpackTar(ctx context.Context, in, fs, record *os.File) (st layer.Stats, diffHex string, err error) {
	plain, release, err := layer.Decompress(in)
	if err != nil {
		return st, "", err
	}
	defer release()
	tar := &summing{r: plain, sum: sha256.New()}
	if st, err = unpackRecorded(ctx, tar, fs, record, layer.Options{Single: l.oneID, Whiteouts: layer.Delete}); err != nil {
		return st, "", err
	}
	if st.Entries == 0 {
		return st, "", errors.New("it has no entries: this is not a tar archive of a root file system")
	}
	if err := tar.finish(v1.Hash{}, -1); err != nil {
		return st, "", err
	}
	return st, tar.hex(), nil
}

// imported is the configuration that docker import writes.
func imported(as *image.Import, diffHex string, now time.Time) ([]byte, error) {
	return json.Marshal(config.File{
		Config: as.Config, Created: now, Architecture: runtime.GOARCH, OS: "linux",
		RootFS:  config.RootFS{Type: "layers", DiffIDs: []string{"sha256:" + diffHex}},
		History: []config.History{{Created: now, Comment: as.Message}},
	})
}
