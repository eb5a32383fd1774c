package hostiletest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Token is what no service may ever see: the content of the canary's files.
const Token = "token-of-the-canary"

// Canary is a tree that belongs to the user and to no container.
type Canary struct{ Dir string }

// NewCanary makes a canary at dir, which must not exist.
func NewCanary(dir string) (*Canary, error) {
	for _, d := range []string{"dir/sub", "etc", "sys/net/core"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	for _, f := range []string{"secret", "dir/secret", "dir/sub/secret", "sys/net/core/somaxconn"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte(Token+"\n"), 0o644); err != nil {
			return nil, err
		}
	}
	passwd := "root:x:0:0::/" + Token + ":/bin/sh\nmallory:x:0:0::/" + Token + ":/bin/sh\n"
	return &Canary{dir}, os.WriteFile(filepath.Join(dir, "etc/passwd"), []byte(passwd), 0o644)
}

// Sum is a hash of names, modes, owners, times of change and contents.
func (c *Canary) Sum() (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(c.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			return err
		}
		fmt.Fprintln(h, path, st.Mode, st.Uid, st.Gid, st.Mtim, st.Ctim, st.Nlink, st.Dev, st.Ino)
		if d.Type().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			h.Write(b)
		}
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
