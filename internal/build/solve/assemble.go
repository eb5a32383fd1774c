package solve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// document is the configuration as it is written: encoding/json sorts maps and
// keeps the order of fields, so equal configurations are equal bytes.
type document struct {
	config.File
	Cache *inline `json:"mocker-compose.cache.v1,omitempty"`
}

// finish makes the image of the last stage.
func (b *solver) finish(ctx context.Context) (*Result, error) {
	f := b.stages[len(b.stages)-1]
	doc := document{File: f.st.Image}
	doc.RootFS = config.RootFS{Type: "layers", DiffIDs: slices.Clone(f.diffIDs)}
	if doc.RootFS.DiffIDs == nil {
		doc.RootFS.DiffIDs = []string{}
	}
	doc.History = slices.Clone(f.history)
	if b.InlineCache {
		doc.Cache = &inline{Keys: f.keys, Defined: f.byWords}
	}
	if b.Epoch != nil {
		ownTimes(&doc, f, b.Epoch.UTC())
	}
	raw, err := b.dated(ctx, &doc)
	if err != nil {
		return nil, err
	}
	res := &Result{Cached: !b.missed}
	if img, ok := b.present(raw); ok {
		res.Image = img
		return res, nil
	}
	if b.Foresee {
		return nil, ErrChanged
	}
	t := b.observer.start(build.Event{Text: "exporting to image"})
	res.Image, err = b.session.AddImage(ctx, image.NewImage{Config: raw, Names: b.Tags, Layers: f.layers, Notices: func(text string) {
		b.observer.emit(build.Event{Kind: build.Warned, Text: text})
	}})
	t.end(err)
	return res, err
}

// ownTimes gives all that this build added the time of the epoch; what the base
// image came with keeps its own.
func ownTimes(doc *document, f *flight, epoch time.Time) {
	doc.Created = epoch
	for i := f.inherited; i < len(doc.History); i++ {
		doc.History[i].Created = epoch
	}
}

// dated sets the time of the image: that at which this configuration with these
// layers was first made here. The cache remembers it, so that a build in which
// nothing changed ends with the same bytes.
func (b *solver) dated(ctx context.Context, doc *document) ([]byte, error) {
	if b.Epoch != nil {
		return json.Marshal(doc)
	}
	doc.Created = time.Time{}
	undated, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	if raw, ok := b.sameAsImported(doc); ok {
		return raw, nil
	}
	sum := sha256.Sum256(append([]byte("image\n"), undated...))
	key := hex.EncodeToString(sum[:])
	r, ok, err := b.session.CacheGet(ctx, key)
	if err != nil {
		return nil, err
	}
	if !ok && b.Foresee {
		return nil, ErrChanged
	}
	if !ok {
		r = image.CacheRecord{Empty: true, Created: time.Now().UTC(), Text: "image"}
		if err := b.put(ctx, key, r); err != nil {
			return nil, err
		}
	}
	doc.Created = r.Created
	return json.Marshal(doc)
}

// sameAsImported finds the image of CacheFrom that differs in no more than its time
// and what it carries of the cache: it is the one that was asked for.
func (b *solver) sameAsImported(doc *document) ([]byte, bool) {
	plain := func(d document) string {
		d.Created, d.Cache = time.Time{}, nil
		text, _ := json.Marshal(d)
		return string(text)
	}
	for i := range b.CacheFrom {
		raw, err := b.Store.Raw(b.CacheFrom[i].ID)
		var theirs document
		if err != nil || json.Unmarshal(raw, &theirs) != nil || b.InlineCache != (theirs.Cache != nil) {
			continue
		}
		if plain(theirs) == plain(*doc) {
			return raw, true
		}
	}
	return nil, false
}

// present finds the image with exactly this configuration and all of its names:
// there is nothing to write then.
func (b *solver) present(raw []byte) (image.Image, bool) {
	sum := sha256.Sum256(raw)
	img, err := b.Store.Find("sha256:" + hex.EncodeToString(sum[:]))
	if err != nil {
		return image.Image{}, false
	}
	for _, tag := range b.Tags {
		if b.Foresee {
			break // a name more would be given to it
		}
		name, err := imageref.Parse(tag)
		if err != nil || !slices.Contains(img.Names, name.Tagged().String()) {
			return image.Image{}, false
		}
	}
	return img, true
}

// checkTags refuses names before anything is made for them.
func checkTags(tags []string) error {
	var errs []error
	for _, tag := range tags {
		name, err := imageref.Parse(tag)
		if err == nil && name.Digest != "" {
			err = errors.New("a name with a digest cannot be given to an image: write NAME:TAG")
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
