package groups

import (
	"context"
	"slices"
)

// Has reports that the runs' groups have a controller. It waits for D.
func (k *Keeper) Has(ctx context.Context, controller string) (bool, error) {
	tree, err := k.await(ctx, k.found)
	if tree == nil {
		return false, err
	}
	return slices.Contains(tree.Controllers(), controller), nil
}
