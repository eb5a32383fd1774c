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

// equal is equalStat for an entry of the tree and what is below it, with the time that the
// entry has in the layer. Below there are whole seconds, if it came from us or from docker.
func (h *harvester) equal(a, below *unix.Stat_t) bool {
	if !equalOwner(a, below) {
		return false
	}
	return a.Mtim == below.Mtim || below.Mtim.Nsec == 0 && h.time(a).Unix() == below.Mtim.Sec
}

func equalAttributes(a, b *os.File) bool { return slices.Equal(attributes(a), attributes(b)) }

// attributes are those of an open file that layers carry, as they stand in a tar.
func attributes(f *os.File) []layer.Xattr { return layer.Attributes(f) }
