package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// write replaces the file, as docker lays it out. Who logs in as root into
// somebody's home directory does not take the file from them.
func (s *Store) write(o *object) (err error) {
	var text bytes.Buffer
	if err := json.Indent(&text, o.text(), "", "\t"); err != nil {
		return err
	}
	path, err := target(s.path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".config.json.*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	var st unix.Stat_t
	if unix.Stat(path, &st) == nil {
		_ = f.Chown(int(st.Uid), int(st.Gid)) // ours already, or not ours to give
	}
	_, err = f.Write(text.Bytes())
	if err == nil {
		err = f.Sync() // a user's file: not empty after a crash of the machine
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// target is the file behind links, which may not be there yet.
func target(path string) (string, error) {
	for range 40 { // as many as the kernel follows: path_resolution(7)
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("%s: %w", path, unix.ELOOP)
}
