package solve

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func timeAt(n int) time.Time { return time.Date(2020, 1, n, 0, 0, 0, 0, time.UTC) }

// tree is all that is written below dir: names, times and contents of small files.
// Times of the cache's records are when they were last used.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(p)
		fmt.Fprintf(&out, "%s %q", strings.TrimPrefix(p, dir), text)
		if !strings.Contains(p, "/cache/") {
			fmt.Fprint(&out, " ", info.ModTime())
		}
		out.WriteByte('\n')
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
