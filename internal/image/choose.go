package image

import (
	"context"
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// Choose are the images that refs mean for a save, with the names that the
// archive is to give them: NAME:TAG is that name, a repository alone is all of
// its tags, an id is the image without names. Each image is there once.
func (s *Store) Choose(refs []string) (list []Image, err error) {
	err = s.reading(context.Background(), func(x *index) error {
		for _, ref := range refs {
			if err := x.choose(ref, &list); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func (x *index) choose(ref string, list *[]Image) error {
	n, err := imageref.Parse(ref)
	if err == nil && n.Tag == "" && n.Digest == "" {
		found := false
		for _, name := range slices.Sorted(maps.Keys(x.Names)) {
			if repositoryOf(name) == n.Repository() {
				x.chosen(x.Names[name], name, list)
				found = true
			}
		}
		if found {
			return nil
		}
	}
	id, err := x.find(ref)
	if err != nil {
		return err
	}
	tag, _ := x.tagOf(ref)
	x.chosen(id, tag, list)
	return nil
}

// chosen adds an image, or to one that is there a name.
func (x *index) chosen(id, name string, list *[]Image) {
	i := slices.IndexFunc(*list, func(img Image) bool { return img.ID == id })
	if i < 0 {
		img := x.Images[id]
		img.Names = nil
		*list = append(*list, img)
		i = len(*list) - 1
	}
	if names := &(*list)[i].Names; name != "" && !slices.Contains(*names, name) {
		*names = append(*names, name)
	}
}
