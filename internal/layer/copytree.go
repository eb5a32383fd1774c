package layer

import (
	"context"
	"fmt"
	"os"
)

// CopyTree copies what is in the directory src into the empty directory dst, and
// gives dst the attributes of src: as Copy does it, but from a tree that is to be
// taken as it is seen, such as a mounted overlay, and by descriptors: what others
// do in dst meanwhile leads nowhere out of it. src is open for reading.
func CopyTree(ctx context.Context, src, dst *os.File) error {
	c := copier{ctx: ctx, root: dst, links: map[inode]string{}}
	if err := c.directory(merged{src}, dst, ""); err != nil {
		return fmt.Errorf("copy of %s: %w", src.Name(), err)
	}
	return nil
}
