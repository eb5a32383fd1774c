package image

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// Start runs a process of ours in the user namespace, as the role Role with one
// argument more, and returns its exit code. isolated: it reads what strangers
// wrote.
type Start func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error)

// StartInside is how a process that is in the user namespace does it. It is set
// once before the first use (internal/early).
var StartInside Start = func(context.Context, []string, [3]*os.File, bool) (int, error) {
	return 0, errors.New("this build cannot load images: no host support is linked in")
}

// Load makes the images of a source those of the store: kind and path as
// [imageref.IsSource] takes them, the path absolute. With a reference, or one image in
// the source, it is that one. A source that has not changed since is not read
// again. progress gets lines for the user, and may be nil.
func (s *Store) Load(ctx context.Context, source string, progress func(string)) ([]Image, error) {
	src, err := imageref.ParseSource(source)
	if err != nil {
		return nil, err
	}
	images, err := s.loadSource(ctx, src, progress)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", source, err)
	}
	return images, nil
}

func (s *Store) loadSource(ctx context.Context, src imageref.Source, progress func(string)) ([]Image, error) {
	if src.Live() { // who asks may be in another world than the user
		img, ok := s.Recall(src, "")
		if !ok {
			return nil, errors.New("it is not in the store any more: up, create, run and pull get it again")
		}
		return []Image{img}, nil
	}
	f, err := openSource(src)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	now, err := identify(f, src)
	if err != nil {
		return nil, err
	}
	if images := s.remembered(src, now); images != nil {
		return images, nil
	}
	var images []Image
	kind := map[string]string{imageref.DockerArchive: "docker", imageref.OCIArchive: "oci", imageref.OCIDir: "oci"}[src.Kind]
	err = s.Run(ctx, s.Request(OpLoad, func(r *Request) { r.Kind, r.Ref, r.One = kind, src.Ref, true }), f, func(m *Message) {
		switch {
		case m.Image != nil:
			images = append(images, *m.Image)
		case m.Progress != "" && progress != nil:
			progress(m.Progress)
		}
	})
	if err != nil {
		return nil, err
	}
	s.remember(src, now, images)
	return images, nil
}

func openSource(src imageref.Source) (*os.File, error) {
	// O_NONBLOCK: a fifo must not make us wait for a writer.
	f, err := os.OpenFile(src.Path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	switch {
	case err != nil:
	case src.Kind == imageref.OCIDir && !st.IsDir():
		err = fmt.Errorf("%s is not a directory: for a tar of an OCI layout use oci-archive:", src.Path)
	case src.Kind != imageref.OCIDir && !st.Mode().IsRegular():
		err = fmt.Errorf("%s is not a file: for a directory with an OCI layout use oci:", src.Path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Request is a request to this store.
func (s *Store) Request(op string, set func(*Request)) Request {
	r := Request{Op: op, Dir: s.dir}
	set(&r)
	return r
}

// maxLine bounds a message: an image's configuration is in it.
const maxLine = 32 << 20

// Run carries a request out in a process of its own, in the user namespace, and
// gives each message to handle. in is the archive, as file or pipe, or the
// directory of an OCI layout.
func (s *Store) Run(ctx context.Context, req Request, in *os.File, handle func(*Message)) error {
	st, err := in.Stat()
	if err != nil {
		return err
	}
	if req.Layout = st.IsDir(); req.Layout {
		if in, err = layoutPair(in); err != nil {
			return err
		}
		defer in.Close()
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	start := s.Start
	if start == nil {
		start = StartInside
	}
	arg, err := json.Marshal(req)
	if err != nil {
		return err
	}
	type ended struct {
		code int
		err  error
	}
	end := make(chan ended, 1)
	go func() {
		defer w.Close() // or we would wait for ourselves
		code, err := start(ctx, []string{Role, string(arg)}, [3]*os.File{in, w, os.Stderr}, req.isolated())
		end <- ended{code, err}
	}()
	said, err := readMessages(r, handle)
	e := <-end
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case said != "":
		if req.writesOut() || req.Op == OpLayer { // who pulls has words of its own for that
			return errors.New(said)
		}
		return cause.Told(errors.New(said), cause.Data(filepath.Dir(s.dir)))
	case e.err != nil:
		return e.err
	case err != nil:
		return fmt.Errorf("read the answer of the loading process: %w", err)
	case e.code != 0:
		return fmt.Errorf("the process that changes the image store ended with code %d", e.code)
	}
	return nil
}

func (r *Request) isolated() bool {
	return r.Op == OpLoad || r.Op == OpImport || r.Op == OpLayer || r.writesOut()
}

// writesOut: its standard input is what it writes to.
func (r *Request) writesOut() bool { return r.Op == OpTar || r.Op == OpSave }

// readMessages returns the error that the process told.
func readMessages(r io.Reader, handle func(*Message)) (failed string, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	for lines.Scan() {
		var m Message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return failed, err
		}
		if m.Error != "" {
			failed = m.Error
			continue
		}
		handle(&m)
	}
	return failed, lines.Err()
}

// sourceFile is what tells whether a source has changed: for a layout, its
// index, which names all else by digests.
func sourceFile(f *os.File, src imageref.Source) (*unix.Stat_t, error) {
	var st unix.Stat_t
	if src.Kind != imageref.OCIDir {
		return &st, unix.Fstat(int(f.Fd()), &st)
	}
	if err := unix.Fstatat(int(f.Fd()), "index.json", &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return nil, fmt.Errorf("%s: %w: this is no OCI layout", filepath.Join(src.Path, "index.json"), err)
	}
	return &st, nil
}
