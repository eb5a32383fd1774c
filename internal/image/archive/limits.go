package archive

// Limits on what an archive may ask for. Real images stay far below.
const (
	maxDocument  = 4 << 20  // bytes of a manifest, an index, a configuration
	maxBytes     = 32 << 20 // of all documents
	maxElements  = 200_000  // of arrays and objects in all documents: each costs memory
	maxImages    = 256      // in an archive
	maxDocuments = 1024     // that are read on the way to them
	maxLayers    = 127      // of an image: docker's own limit
	maxNesting   = 4        // indexes in indexes
	maxNames     = 1024     // of an image
	maxFiles     = 100_000  // in a tar
	maxLinks     = 8        // in a row
)
