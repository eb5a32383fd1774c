package image

import (
	"context"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/cachemount"
)

// Usage is what the images take of the disk.
type Usage struct {
	Images []ImageUse
	Bytes  int64 // of all of their layers, each once
	Free   int64 // of that, what no container's image needs
}

// ImageUse is an image's part.
type ImageUse struct {
	Image      Image
	Unique     int64 // bytes of layers that no other image has
	Containers int   // that use it
}

// Active is how many images are used by containers.
func (u *Usage) Active() (n int) {
	for _, i := range u.Images {
		if i.Containers > 0 {
			n++
		}
	}
	return n
}

// Usage looks at all images.
func (s *Store) Usage(ctx context.Context) (u Usage, err error) {
	err = s.reading(ctx, func(x *index) error {
		byID, needed, err := s.holders()
		if err != nil {
			return err
		}
		users, sizes := map[string]int{}, map[string]int64{}
		for _, img := range x.Images {
			for _, key := range img.Layers {
				users[key]++
			}
		}
		for key := range users {
			if rec, _, err := s.layers.Record(key); err == nil {
				sizes[key] = rec.Stats.Bytes
			}
			u.Bytes += sizes[key]
			if !needed[key] {
				u.Free += sizes[key]
			}
		}
		s.addVariants(&u, needed)
		for _, img := range x.all() {
			use := ImageUse{Image: img, Containers: len(byID[img.ID])}
			for _, key := range img.Layers {
				if users[key] == 1 {
					use.Unique += sizes[key]
				}
			}
			u.Images = append(u.Images, use)
		}
		return nil
	})
	return u, err
}

// addVariants counts the trees of images with exchanged owners.
func (s *Store) addVariants(u *Usage, needed map[string]bool) {
	list, _ := s.variants().List() // what cannot be read is not counted
	for key, rec := range list {
		u.Bytes += rec.Bytes
		if !needed[key] {
			u.Free += rec.Bytes
		}
	}
}

// CacheUse is a record or a mount of the build cache.
type CacheUse struct {
	ID, Type, Text string // Type as BuildKit has it: regular, exec.cachemount
	Created, Used  time.Time
	Bytes          int64 // that it alone takes: nothing if an image has the layer too
	Shared         bool  // an image has the layer too
	InUse          bool
}

// CacheUses looks at the build cache; size measures a mount.
func (s *Store) CacheUses(ctx context.Context, size func(*cachemount.Info) int64) (list []CacheUse, err error) {
	err = s.reading(ctx, func(x *index) error {
		records, err := s.cacheRecords()
		if err != nil {
			return err
		}
		ofImages, counted := map[string]bool{}, map[string]bool{}
		for _, img := range x.Images {
			for _, key := range img.Layers {
				ofImages[key] = true
			}
		}
		for _, r := range records {
			u := CacheUse{ID: cacheName(r.Key), Type: "regular", Text: r.Text, Created: r.Created, Used: r.Used}
			if n := len(r.Layers); n > 0 && !r.Empty {
				own := r.Layers[n-1]
				if u.Shared = ofImages[own] || counted[own]; !u.Shared {
					u.Bytes = r.Size
				}
				counted[own] = true
			}
			list = append(list, u)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	mounts, err := s.Mounts().List()
	for i := range mounts {
		m := &mounts[i]
		list = append(list, CacheUse{
			ID: m.Name, Type: "exec.cachemount", Text: "cached mount " + m.ID, Created: m.Created, Used: m.Used, Bytes: size(m), InUse: m.InUse,
		})
	}
	return list, err
}
