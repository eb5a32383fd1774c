package copytar

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// Role is the name of the role that [Serve] is.
const Role = "copy"

// Job is what a confined child does on a container's root.
type Job struct {
	In      bool   `json:"in"`   // unpack; else pack
	Path    string `json:"path"` // in the container
	Follow  bool   `json:"follow,omitempty"`
	Archive bool   `json:"archive,omitempty"` // the stream is the user's own
	Owners  bool   `json:"owners,omitempty"`  // keep ids; else all becomes root's
	// Own are the ids that have changed places in the container.
	Own    exchange.IDs `json:"own,omitzero"`
	Mirror bool         `json:"mirror,omitempty"` // with In: see [Mirror]
}

// The child's descriptors. Its standard input is held open by the parent: at its
// end the child ends too.
const (
	rootFD   = 3
	streamFD = 4
)

// Serve does the job in args, one argument of JSON, and returns the exit code.
// On success it prints a line for each entry that was left out, else why it failed.
func Serve(args []string) int {
	var job Job
	if len(args) != 1 || json.Unmarshal([]byte(args[0]), &job) != nil {
		fmt.Fprintln(os.Stderr, "a job was expected")
		return 2
	}
	owners, err := ownersOutside()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	root := os.NewFile(rootFD, "/")
	if _, err := confine.Enter(root); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	left, err := job.do(root, os.NewFile(streamFD, "stream"), owners)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, name := range left {
		if !job.Mirror { // which says why
			name = fmt.Sprintf("%q is a device and was left out", name)
		}
		fmt.Fprintln(os.Stderr, name)
	}
	return 0
}

func (j *Job) do(root, stream *os.File, owners func(uid, gid int) (int, int)) ([]string, error) {
	ctx := context.Background()
	if j.In && j.Mirror {
		owner := j.Own.Ints
		if onMount(root, j.Path) {
			owner = exchange.IDs{}.Ints
		}
		return Mirror(ctx, bufio.NewReaderSize(stream, 1<<16), root, j.Path, owner)
	}
	if j.In {
		o := Options{Archive: j.Archive}
		switch {
		case j.Owners:
			o.Owner = owners
		case !j.Own.None() && !onMount(root, j.Path): // of root inside
			o.Owner = func(int, int) (int, int) { return j.Own.Ints(0, 0) }
		}
		return Unpack(ctx, bufio.NewReaderSize(stream, 1<<16), root, j.Path, o)
	}
	w := bufio.NewWriterSize(stream, 1<<16)
	if err := PackAs(ctx, w, root, j.Path, j.Follow, j.Own); err != nil {
		return nil, err
	}
	return nil, w.Flush()
}

// onMount tells whether a path, or the directory that it is to be made in, is of another
// file system than the root: of a directory of the user's, whose new files are the user's.
func onMount(root *os.File, name string) bool {
	for _, p := range []string{name, path.Dir(path.Clean("/" + name))} {
		f, err := safepath.OpenInRoot(root, p, unix.O_PATH)
		if err != nil {
			continue
		}
		var at, top unix.Stat_t
		err = errors.Join(unix.Fstat(int(f.Fd()), &at), unix.Fstat(int(root.Fd()), &top))
		f.Close()
		return err == nil && at.Dev != top.Dev
	}
	return false
}

// ownersOutside translates ids of the parent user namespace into ours. What has
// no id here becomes root's.
func ownersOutside() (func(uid, gid int) (int, int), error) {
	var tables [2]string
	for i, name := range []string{"uid_map", "gid_map"} {
		b, err := os.ReadFile("/proc/self/" + name)
		if err != nil {
			return nil, err
		}
		tables[i] = string(b)
	}
	return func(uid, gid int) (int, int) { return inside(tables[0], uid), inside(tables[1], gid) }, nil
}

// inside translates by a uid_map, whose lines are: first id inside, first id
// outside, count (user_namespaces(7)).
func inside(table string, id int) int {
	for line := range strings.Lines(table) {
		var in, out, count int
		if _, err := fmt.Sscan(line, &in, &out, &count); err == nil && id >= out && id-out < count {
			return in + id - out
		}
	}
	return 0
}
