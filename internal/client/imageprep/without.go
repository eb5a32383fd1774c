package imageprep

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/registry"
	"github.com/mocker-compose/mocker-compose/project"
)

// without adds to an error of a registry how its images can be had without it: what in
// the store may have been meant, or from where else they may come.
func without(have *shelf, list []wanted, err error) error {
	var failed *registry.Error
	if !errors.As(err, &failed) || failed.Denied {
		return err
	}
	var names, similar []string
	for _, w := range list {
		var absent *image.NotFoundError
		if _, err := have.store.Find(w.ref); errors.As(err, &absent) {
			names = append(names, w.ref)
			similar = append(similar, absent.Similar...)
		}
	}
	if len(names) == 0 {
		return err
	}
	slices.Sort(similar)
	hint := "Without a registry: docker save " + strings.Join(names, " ") + " | mocker-compose image load, or mocker-compose image load -i FILE"
	if len(similar) > 0 {
		hint = "In the store there is " + strings.Join(slices.Compact(similar), ", ") + ".\n" + hint
	}
	return &client.ExitError{Code: 1, Err: err, Hint: hint}
}

// unbuilt is what --no-build keeps from being there: images that nothing but a build
// makes. A pull that failed says more.
func unbuilt(services []*project.Service, have stock, failed map[string]error) error {
	var names, images []string
	for _, s := range services {
		if _, there := have.has(s.Image, ""); !there && failed[s.Image] == nil {
			names, images = append(names, s.Name), append(images, s.Image)
		}
	}
	if len(names) == 0 {
		return nil
	}
	err := fmt.Errorf("no such image: %s", strings.Join(images, ", "))
	return &client.ExitError{Code: 1, Err: err, Hint: "Build it: mocker-compose build " + strings.Join(names, " ")}
}
