package harvest

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// equalOwner compares what counts of directories: their times change with
// whatever was in them for a moment.
func equalOwner(a, b *unix.Stat_t) bool {
	return a.Mode == b.Mode && a.Uid == b.Uid && a.Gid == b.Gid
}

// equalStat compares all but size and content.
func equalStat(a, b *unix.Stat_t) bool {
	return equalOwner(a, b) && a.Mtim == b.Mtim
}

func equalAttributes(a, b *os.File) bool { return slices.Equal(attributes(a), attributes(b)) }

// attributes are those of an open file that layers carry, as they stand in a tar.
func attributes(f *os.File) []layer.Xattr { return layer.Attributes(f) }
