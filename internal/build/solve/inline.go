package solve

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// inline is what an image may carry of the cache (Request.InlineCache), in a
// field of its configuration that others pass over: the key of the step that made
// each layer, "" for those of the base image; by content and by definition.
type inline struct {
	Keys    []string `json:"keys"`
	Defined []string `json:"defined,omitempty"`
}

// known are the keys of layer n.
func (c *inline) known(n int) (keys []string) {
	if c == nil {
		return nil
	}
	for _, list := range [][]string{c.Keys, c.Defined} {
		if n < len(list) && list[n] != "" {
			keys = append(keys, list[n])
		}
	}
	return keys
}

// imported is what the images of Request.CacheFrom know: the layer of a step by
// its key.
type imported map[string]made

// importCache reads the configurations of the images. One without keys still
// serves for what its history says: see history.
func (b *solver) importCache() error {
	b.imported = imported{}
	for i := range b.CacheFrom {
		img := &b.CacheFrom[i]
		raw, err := b.Store.Raw(img.ID)
		if err != nil {
			return fmt.Errorf("cache_from %s: %w", img.Ref, err)
		}
		var doc document
		if err := json.Unmarshal(raw, &doc); err != nil {
			return fmt.Errorf("cache_from %s: %w", img.Ref, err)
		}
		if len(img.Layers) != len(doc.RootFS.DiffIDs) {
			continue
		}
		b.imported.add(img.Layers, &doc)
	}
	return nil
}

func (i imported) add(layers []string, doc *document) {
	n := 0
	for at, h := range doc.History {
		if h.EmptyLayer {
			continue
		}
		if n == len(layers) {
			return // more history than layers: whose is whose cannot be told
		}
		m := made{layer: build.Layer{Key: layers[n], DiffID: doc.RootFS.DiffIDs[n]}, created: h.Created}
		for _, key := range doc.Cache.known(n) {
			i[key] = m
		}
		i[historyKey(layers[:n], doc.History[:at], h.CreatedBy)] = m
		n++
	}
}

// historyKey: a step with the same words, above the same layers, after the same
// steps, of which those count that made no layer (ENV). What a copy took is not
// in its history, so only RUN is looked up by it.
func historyKey(below []string, before []config.History, createdBy string) string {
	k := keyed{Below: below, Sources: []string{"history"}}
	for _, h := range before {
		k.Sources = append(k.Sources, h.CreatedBy)
	}
	k.Sources = append(k.Sources, createdBy)
	return k.hash()
}

// find takes a layer of an image if it is in the store.
func (i imported) find(ctx context.Context, s *image.Session, keys ...string) (made, bool, error) {
	for _, key := range keys {
		m, ok := i[key]
		if !ok || m.layer.Key == "" {
			continue
		}
		l, ok, err := s.Keep(ctx, m.layer.Key)
		if err != nil || ok {
			m.layer.Size = l.Size
			return m, ok, err
		}
	}
	return made{}, false, nil
}
