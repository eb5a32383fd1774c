package systemcmd

import (
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build/contexts"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// unusedFetched is how long what builds have fetched (contexts and files at addresses)
// must not have been used to go when not everything shall: as BuildKit's own collector has it.
const unusedFetched = 48 * time.Hour

// pruneFetched removes that, and calls each with what it removed.
func pruneFetched(e *client.Env, o *image.CacheOptions, each func(name string)) (free int64, err error) {
	freed, err := contexts.Prune(e.Dirs.Data, unusedFor(o))
	for _, f := range freed {
		free += f.Bytes
		each(f.Name)
	}
	if err != nil {
		err = fmt.Errorf("what builds have fetched: %w", err)
	}
	return free, err
}

// unusedFor is how long what goes must not have been used.
func unusedFor(o *image.CacheOptions) time.Duration {
	switch {
	case !o.Until.IsZero():
		return time.Since(o.Until)
	case o.All && o.Keep == 0:
		return 0
	}
	return unusedFetched
}
