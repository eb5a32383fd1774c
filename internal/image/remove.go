package image

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/registry/download"
)

// Event is something that Remove or Prune has done.
type Event struct {
	Untagged string `json:"untagged,omitempty"` // a name
	Cache    string `json:"cache,omitempty"`    // what was removed of the build cache
	Deleted  string `json:"deleted,omitempty"`  // the id of an image or of a layer
	Kept     string `json:"kept,omitempty"`     // why an image without names stays
	Bytes    int64  `json:"bytes,omitempty"`    // that a deleted layer or directory had
}

// CleanOptions are for Remove and Prune.
type CleanOptions struct {
	Refs  []string `json:"refs,omitempty"`  // Remove: names and ids
	Force bool     `json:"force,omitempty"` // Remove: all names of an image that is given by its id; those of one in use
	IDs   []string `json:"ids,omitempty"`   // Prune: the candidates
}

// Remove takes a name away, and the image with the last of its names. An image
// that a container uses stays, whatever is forced. The caller must be in the
// user namespace.
func (s *Store) Remove(ctx context.Context, ref string, force bool) (events []Event, err error) {
	var gone []*doomed.Dir
	err = s.exclusive(ctx, func(x *index) error {
		if events, err = s.removeFrom(x, ref, force); err != nil {
			return err
		}
		return s.finishRemoval(x, &events, &gone)
	})
	defer s.keepReserve()
	return deleteDoomed(events, gone, err)
}

func (s *Store) removeFrom(x *index, ref string, force bool) (events []Event, err error) {
	id, err := x.find(ref)
	if err != nil {
		return nil, err
	}
	names := x.namesOf(id)
	byID, _, err := s.holders()
	if err != nil {
		return nil, err
	}
	tag, named := x.tagOf(ref)
	switch {
	case named && len(names) > 1:
		delete(x.Names, tag)
		return []Event{{Untagged: tag}}, nil
	case !named && len(names) > 1 && !force:
		return nil, fmt.Errorf("conflict: unable to delete %s (must be forced) - image has several names: %s", shortID(id), strings.Join(names, ", "))
	case len(byID[id]) > 0 && !force:
		return nil, inUse(ref, byID[id])
	}
	for _, name := range names {
		delete(x.Names, name)
		events = append(events, Event{Untagged: name})
	}
	if h := byID[id]; len(h) > 0 {
		return append(events, Event{Kept: fmt.Sprintf("%s stays, without a name: container %s of project %s uses it", shortID(id), h[0].Container, h[0].Project)}), nil
	}
	delete(x.Images, id)
	return append(events, Event{Deleted: id}), nil
}

// tagOf is the name in the index that ref is, if it is not an id.
func (x *index) tagOf(ref string) (string, bool) {
	n, err := imageref.Parse(ref)
	if err != nil || n.Digest != "" {
		return "", false
	}
	tag := n.Tagged().String()
	_, ok := x.Names[tag]
	return tag, ok
}

func inUse(ref string, by []Holder) error {
	var b strings.Builder
	fmt.Fprintf(&b, "conflict: unable to remove %s: container %s of project %s uses it", ref, by[0].Container, by[0].Project)
	if n := len(by) - 1; n > 0 {
		fmt.Fprintf(&b, ", and %d more", n)
	}
	fmt.Fprintf(&b, "\nRemove what uses it first: mocker-compose -p %s down", by[0].Project)
	return fmt.Errorf("%s", b.String())
}

func shortID(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}

// Prune removes those of the given images (with their names) that no container
// uses and no session keeps, and what no image uses: layers and leftovers. The caller must be in the
// user namespace.
func (s *Store) Prune(ctx context.Context, ids []string) (events []Event, err error) {
	var gone []*doomed.Dir
	err = s.exclusive(ctx, func(x *index) error {
		byID, _, err := s.holders()
		if err != nil {
			return err
		}
		kept := map[string]bool{}
		if err := s.sessionKeys(kept); err != nil {
			return err
		}
		events = x.prune(ids, byID, kept)
		if err := s.finishRemoval(x, &events, &gone); err != nil {
			return err
		}
		_, needed, err := s.holders()
		if err != nil {
			return err
		}
		unused, err := s.doomVariants(x, needed, true)
		gone = append(gone, unused...)
		return err
	})
	events, err = deleteDoomed(events, gone, err)
	s.keepReserve()
	// Parts of layers that nobody downloads any more.
	freed, partErr := download.Collect(s.Downloads(), 0)
	if freed > 0 {
		events = append(events, interrupted(freed))
	}
	return events, errors.Join(err, partErr)
}

// interrupted is the event for parts of layers.
func interrupted(bytes int64) Event {
	return Event{Deleted: "downloads that were interrupted", Bytes: bytes}
}

// prune takes those of the images out of the index that nobody has.
func (x *index) prune(ids []string, byID map[string][]Holder, kept map[string]bool) (events []Event) {
	for _, id := range ids {
		if _, ok := x.Images[id]; !ok || len(byID[id]) > 0 || kept[id] {
			continue
		}
		for _, name := range x.namesOf(id) {
			delete(x.Names, name)
			events = append(events, Event{Untagged: name})
		}
		delete(x.Images, id)
		events = append(events, Event{Deleted: id})
	}
	return events
}

// Tag gives an image another name, which moves if another image has it.
func (s *Store) Tag(ctx context.Context, ref, name string) error {
	tag, err := TagName(name)
	if err != nil {
		return err
	}
	return s.changing(ctx, func(x *index) error {
		id, err := x.find(ref)
		if err != nil {
			return err
		}
		x.Names[tag] = id
		return nil
	})
}

// TagName is a name that an image may be given, with its tag.
func TagName(name string) (string, error) {
	n, err := imageref.Parse(name)
	if err != nil {
		return "", err
	}
	if n.Digest != "" {
		return "", fmt.Errorf("invalid reference %q: a name to give has no digest", name)
	}
	return n.Tagged().String(), nil
}

// Unused are the images that a prune would take: without names, or all that no
// container uses.
func (s *Store) Unused(ctx context.Context, all bool) (list []Image, err error) {
	err = s.reading(ctx, func(x *index) error {
		byID, _, err := s.holders()
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(x.all(), func(i Image) bool { return len(byID[i.ID]) > 0 || !all && len(i.Names) > 0 })
		return nil
	})
	return list, err
}
