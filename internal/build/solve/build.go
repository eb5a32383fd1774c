package solve

import (
	"context"
	"errors"
)

// Build carries a request out. The error of a step that failed is an [*Error].
func Build(ctx context.Context, r Request) (*Result, error) {
	if len(r.Graph.Stages) == 0 {
		return nil, errors.New("there is no stage to build")
	}
	return nil, errors.New("building is not there yet")
}
