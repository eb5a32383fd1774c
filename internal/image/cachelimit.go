package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// CacheLimitEnv says how large the build cache may become: a number with KB, MB,
// GB or TB, or "none".
const CacheLimitEnv = "MOCKER_BUILD_CACHE"

const (
	cacheMost    = 10 << 30            // the limit where the disk is large
	cacheShare   = 10                  // and a tenth of it where it is not
	cacheForget  = 60 * 24 * time.Hour // what was not used for so long goes in any case
	collectEvery = time.Hour
	collectName  = "cache/collected" // when that was last done
)

// CacheLimit is how large the build cache may become, in bytes; 0 = without limit.
func (s *Store) CacheLimit() (int64, error) {
	if text := os.Getenv(CacheLimitEnv); text != "" {
		n, err := parseSize(text)
		if err != nil {
			return 0, fmt.Errorf("%s=%s: %w", CacheLimitEnv, text, err)
		}
		return n, nil
	}
	var st unix.Statfs_t
	if err := unix.Statfs(s.dir, &st); err != nil {
		return 0, fmt.Errorf("image store: %w", err)
	}
	return min(cacheMost, int64(st.Blocks)*st.Bsize/cacheShare), nil
}

func parseSize(text string) (int64, error) {
	if text == "none" {
		return 0, nil
	}
	number := strings.TrimRight(strings.ToUpper(text), "BKMGT")
	unit, ok := map[string]float64{"": 1, "B": 1, "K": 1e3, "KB": 1e3, "M": 1e6, "MB": 1e6, "G": 1e9, "GB": 1e9, "T": 1e12, "TB": 1e12}[strings.ToUpper(text)[len(number):]]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !ok || n < 1 {
		return 0, errors.New("give a size such as 20GB, or none")
	}
	return int64(n * unit), nil
}

// collect keeps the build cache within its limit, once in a while. That it cannot
// be done now (the disk is full, somebody holds a lock for long) is no reason for a
// build to have failed: the next one tries it again. A limit that is none is.
func (x *Session) collect(ctx context.Context) error {
	limit, err := x.store.CacheLimit()
	if err != nil {
		return err
	}
	if x.store.prunedTo(ctx, limit) != nil {
		_ = os.Remove(x.store.path(collectName))
	}
	return nil
}

func (s *Store) prunedTo(ctx context.Context, limit int64) error {
	stamp := s.path(collectName)
	if info, err := os.Stat(stamp); err == nil && time.Since(info.ModTime()) < collectEvery {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(stamp, nil, 0o600); err != nil {
		return err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	now := time.Now()
	if err := os.Chtimes(stamp, now, now); err != nil {
		return err
	}
	old := &CacheOptions{All: true, Age: true, Until: now.Add(-cacheForget)}
	if err := s.Run(ctx, s.Request(OpPruneCache, func(r *Request) { r.Cache = old }), null, func(*Message) {}); err != nil || limit == 0 {
		return err
	}
	large := &CacheOptions{Age: true, Keep: limit, Until: now.Add(-collectEvery)}
	return s.Run(ctx, s.Request(OpPruneCache, func(r *Request) { r.Cache = large }), null, func(*Message) {})
}

// complete are the keys of the layers that the session has seen whole.
func (x *Session) complete() (keys []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, l := range x.keys {
		if l.Key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
