package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Schema is the number of the record format that this build writes.
const Schema = 1

// ErrCorrupt is wrapped by the error for a record that cannot be read; it has
// been set aside.
var ErrCorrupt = errors.New("record cannot be read")

// envelope is a record on disk.
type envelope struct {
	Schema int             `json:"schema"`
	BootID string          `json:"boot_id"`
	Sum    uint32          `json:"sum"` // CRC-32C of Body
	Body   json.RawMessage `json:"body"`
}

// castagnoli is made when the first record needs it: not at the start of every command.
var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// Save replaces the record at path by v: a new file, renamed over the old one,
// so that a reader, and we after being killed at any moment, see one or the
// other. Not synced: a record of a lost boot is of no use but for its names,
// and those are directories.
func Save(path string, v any) error {
	b, err := encode(path, v)
	if err != nil {
		return err
	}
	return WriteFile(path, b, 0o600)
}

// SaveOften is Save for a record that changes many times a second. Two files
// change places (renameat2(2), RENAME_EXCHANGE): each new one would cost a search
// for an inode, which after many of them have been freed takes longer and
// longer on ext4. The other file is PATH's [Spare].
func SaveOften(path string, v any) error {
	b, err := encode(path, v)
	if err != nil {
		return err
	}
	spare := Spare(path)
	if err := overwrite(spare, b); err != nil {
		return err
	}
	err = unix.Renameat2(unix.AT_FDCWD, spare, unix.AT_FDCWD, path, unix.RENAME_EXCHANGE)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		err = os.Rename(spare, path) // the first time, or a file system that cannot exchange
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	return nil
}

// Spare is the file beside path that [SaveOften] writes next.
func Spare(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".spare")
}

func overwrite(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

func encode(path string, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", path, err)
	}
	// The envelope by hand: json would read the body through once more.
	b := make([]byte, 0, len(body)+128)
	b = fmt.Appendf(b, `{"schema":%d,"boot_id":%q,"sum":%d,"body":`, Schema, BootID(), crc32.Checksum(body, castagnoli()))
	return append(append(b, body...), '}'), nil
}

// WriteFile replaces the file at path atomically.
func WriteFile(path string, b []byte, mode os.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(mode)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

// Load reads the record at path into v. sameBoot tells whether it was written
// since the machine started: if not, nothing that it names runs. A record that
// cannot be read is renamed to PATH.corrupt-TIME, and the error wraps ErrCorrupt.
func Load(path string, v any) (sameBoot bool, err error) {
	sameBoot, reason, err := read(path, v)
	if reason == "" {
		return sameBoot, err
	}
	aside := path + ".corrupt-" + time.Now().UTC().Format("20060102T150405.000")
	if err := os.Rename(path, aside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("%s: %w (%s); set aside: %w", path, ErrCorrupt, reason, err)
	}
	return false, fmt.Errorf("%s: %w (%s); kept as %s", path, ErrCorrupt, reason, aside)
}

// Peek is Load for who changes nothing: a record that cannot be read stays where it is.
func Peek(path string, v any) (sameBoot bool, err error) {
	sameBoot, reason, err := read(path, v)
	if reason != "" {
		err = fmt.Errorf("%s: %w (%s)", path, ErrCorrupt, reason)
	}
	return sameBoot, err
}

// read has a reason why what is in the file is no record.
func read(path string, v any) (sameBoot bool, reason string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return false, "", err
	}
	var e envelope
	reason = decode(b, &e, v)
	return reason == "" && e.BootID == BootID(), reason, nil
}

func decode(b []byte, e *envelope, v any) string {
	if err := json.Unmarshal(b, e); err != nil {
		return err.Error()
	}
	if e.Schema != Schema {
		return fmt.Sprintf("schema %d, this build reads %d", e.Schema, Schema)
	}
	if crc32.Checksum(e.Body, castagnoli()) != e.Sum {
		return "checksum differs"
	}
	if err := json.Unmarshal(e.Body, v); err != nil {
		return err.Error()
	}
	return ""
}

// BootID identifies the running kernel's boot (proc_sys_kernel(5), random/boot_id).
var BootID = sync.OnceValue(func() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
})
