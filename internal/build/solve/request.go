package solve

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// Request is a build. Functions may be called at the same time.
type Request struct {
	Graph *build.Graph
	// Contexts are the directories that steps copy from, by build.Source.Context.
	Contexts map[string]Context
	// Secret looks a secret up when a step wants it: nil, nil means there is none.
	Secret func(id string) ([]byte, error)
	// Agent is the socket of an ssh agent: "", nil means there is none.
	Agent func(id string) (string, error)

	Tags    []string // names that the image gets; none is allowed
	NoCache bool     // make every step anew; what comes of it is cached
	// NoCacheStages are names of stages of which every step is made anew.
	NoCacheStages []string
	Machine       build.Machine
	Allow         []string // BuildKit's entitlements: see allowed
	// CacheFrom are images of the store with whose layers the cache is filled up.
	CacheFrom []build.Image
	// InlineCache makes the image one that CacheFrom of others can use fully: it
	// carries the keys of its steps (BUILDKIT_INLINE_CACHE=1, cache_to: type=inline).
	InlineCache bool
	Epoch       *time.Time // SOURCE_DATE_EPOCH; nil: Graph.Epoch
	// Foresee makes nothing: the image is told if all of it is there, names aside, else
	// the error is ErrChanged.
	Foresee  bool
	Parallel int // steps at the same time; 0: as many as there are processors, 4 at least

	Store *image.Store
	// Worker is called once, at the first step that is not in the cache.
	Worker func(ctx context.Context) (build.Worker, error)
	// Observe gets what happens, one call at a time. It may be nil.
	Observe func(build.Event)

	// Excerpt are the lines first to last of the Dockerfile, as they are shown with an
	// error. It may be nil.
	Excerpt func(first, last int) string
}

// ErrChanged says of a build that is foreseen that something would have to be made.
var ErrChanged = errors.New("something is not in the cache")

// Context is a directory that files are copied from (internal/build/contexts).
type Context interface {
	// Select finds what a copy takes, and a digest of all that the copy makes of
	// it: names, modes and contents.
	Select(ctx context.Context, c *build.Copy) (entries []build.Entry, digest string, err error)
	// Dir is the directory; it stays the context's.
	Dir() (*os.File, error)
	// Fetched are further directories, which entries may be in; they stay the context's.
	Fetched() []*os.File
}

// Result is what a build made.
type Result struct {
	Image  image.Image
	Cached bool // all steps came from the cache
}
