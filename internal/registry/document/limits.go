package document

import (
	"strconv"
	"strings"
)

// Limits on what a registry may say. Real images stay far below.
const (
	Max         = 4 << 20  // bytes of a document
	maxElements = 100_000  // of arrays and objects: each costs memory
	maxLayers   = 127      // of an image: docker's own limit
	maxBlob     = 64 << 30 // bytes of a layer, as unpacked ones have it too
	MaxNesting  = 4        // indexes in indexes
	maxShown    = 200      // letters of a registry's text in a message
)

// Short makes a registry's text fit for a message.
func Short(s string) string {
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown], "") + "..."
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}
