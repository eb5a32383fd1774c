package imageprep

import (
	"errors"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/registry"
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
