package image

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// NotFoundError says that an image is not in the store, and what to do.
type NotFoundError struct {
	Ref     string
	Similar []string // names in the store that could be meant
}

func (e *NotFoundError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "no such image: %s: it is not in the store", e.Ref)
	if len(e.Similar) > 0 {
		fmt.Fprintf(&b, "; did you mean %s?", strings.Join(e.Similar, " or "))
	}
	fmt.Fprintf(&b, "\nPull it:          mocker-compose up --pull missing\nor from a docker: docker save %s | mocker-compose image load", e.Ref)
	b.WriteString("\nor from a file:   mocker-compose image load -i FILE")
	b.WriteString("\nor name the file: image: docker-archive:FILE")
	return b.String()
}

// Brief is the error for commands on the store itself.
func (e *NotFoundError) Brief() string {
	text := "No such image: " + e.Ref
	if len(e.Similar) > 0 {
		text += "; did you mean " + strings.Join(e.Similar, " or ") + "?"
	}
	return text
}

// Find looks an image up by name[:tag], name@digest, id, or a part of an id with
// which only one begins. The error is a *NotFoundError if there is none.
func (s *Store) Find(ref string) (img Image, err error) {
	err = s.reading(context.Background(), func(x *index) error {
		id, err := x.find(ref)
		if err != nil {
			return err
		}
		img, _ = x.image(id)
		return nil
	})
	return img, err
}

// List are all images, the newest first.
func (s *Store) List() (list []Image, err error) {
	err = s.reading(context.Background(), func(x *index) error {
		list = x.all()
		return nil
	})
	return list, err
}

// similar are at most three names that are like ref: the same repository with
// another tag, the same last part, or few letters that differ.
func (x *index) similar(ref string) []string {
	want, err := imageref.Parse(ref)
	if err != nil {
		return nil
	}
	type scored struct {
		name  string
		score int
	}
	var found []scored
	for _, name := range slices.Sorted(maps.Keys(x.Names)) {
		n, err := imageref.Parse(name)
		if err != nil {
			continue
		}
		switch d := distance(lastPart(n.Path), lastPart(want.Path)); {
		case n.Repository() == want.Repository():
			found = append(found, scored{name, 0})
		case d <= min(2, (len(lastPart(want.Path))+1)/3):
			found = append(found, scored{name, 1 + d})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return a.score - b.score })
	var names []string
	for _, f := range found[:min(3, len(found))] {
		names = append(names, f.name)
	}
	return names
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// distance is the number of letters to change, add or take away (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
