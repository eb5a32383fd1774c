package contexts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// MaxFetch bounds what an address may send, in bytes.
var MaxFetch int64 = 16 << 30

// silence is how long a server may send nothing.
const silence = time.Minute

// page is what is known of an address since it was fetched.
type page struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"` // the header Last-Modified
	Digest   string `json:"digest"`             // sha256:HEX of its content
	Name     string `json:"name"`
}

// file is a fetched file: the only one in its directory.
type file struct {
	*held
	page
}

// fetch gets the file at an address, unless it has not changed since the last time.
// want is the digest that it must have, "" = any: a file that has it is not asked for.
func (k *keep) fetch(ctx context.Context, address, want string) (*file, error) {
	where := k.path(kindURL, name(address))
	lock, err := state.WaitLock(ctx, where+".busy", unix.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	var p page
	if _, err := state.Load(where+".json", &p); err == nil {
		h, ok, err := k.look(ctx, kindURL, p.key(address))
		if err != nil {
			return nil, err
		}
		if ok && want != "" && p.Digest == want {
			return &file{h, p}, nil
		}
		if ok {
			h.Close()
		} else {
			p = page{}
		}
	}
	f, err := k.request(ctx, address, want, p)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", redacted(address), withoutAddress(err))
	}
	return f, state.Save(where+".json", f.page)
}

// key names the directory of a file: what counts of it is in it.
func (p *page) key(address string) string {
	return name(address + "\x00" + p.Digest + "\x00" + p.Modified)
}

// request asks for a file, with what is known of it.
func (k *keep) request(ctx context.Context, address, want string, known page) (*file, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "mocker-compose")
	req.Header.Set("Accept-Encoding", "identity")
	if known.ETag != "" {
		req.Header.Set("If-None-Match", known.ETag)
	} else if known.Modified != "" {
		req.Header.Set("If-Modified-Since", known.Modified)
	}
	watch := time.AfterFunc(silence, func() { cancel(fmt.Errorf("nothing came for %v", silence)) })
	defer watch.Stop()
	resp, err := client.Do(req)
	if err != nil {
		return nil, errors.Join(context.Cause(ctx), err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified && known.Digest != "" {
		return k.same(ctx, address, want, known)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	if resp.ContentLength > MaxFetch {
		return nil, fmt.Errorf("it has %d bytes, and %d are possible", resp.ContentLength, MaxFetch)
	}
	p := page{ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified"), Name: fileName(address)}
	return k.receive(ctx, address, want, p, &alive{resp.Body, watch, ctx}, resp.ContentLength)
}

// client takes the proxies of the environment, as everybody does.
var client = &http.Client{}

func (k *keep) same(ctx context.Context, address, want string, known page) (*file, error) {
	if want != "" && want != known.Digest {
		return nil, &ChecksumError{Want: want, Got: known.Digest}
	}
	h, ok, err := k.look(ctx, kindURL, known.key(address))
	if err == nil && !ok {
		err = errors.New("the file was removed meanwhile: try again")
	}
	if err != nil {
		return nil, err
	}
	return &file{h, known}, nil
}

// ChecksumError is a file that is not the one that was wanted.
type ChecksumError struct{ Want, Got string }

func (e *ChecksumError) Error() string { return fmt.Sprintf("digest mismatch %s: %s", e.Got, e.Want) }

// receive writes what comes to a file, and gives it its name when all has come.
func (k *keep) receive(ctx context.Context, address, want string, p page, body io.Reader, size int64) (_ *file, err error) {
	tmp, err := os.CreateTemp(k.path(kindURL), partPrefix)
	if err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, tmp.Close())
		_ = os.Remove(tmp.Name()) // it has another name by now, if all went well
	}()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(tmp, sum), io.LimitReader(body, MaxFetch+1))
	switch {
	case err != nil:
		return nil, errors.Join(context.Cause(ctx), err)
	case n > MaxFetch:
		return nil, fmt.Errorf("it has more than %d bytes", MaxFetch)
	case size >= 0 && n != size:
		return nil, fmt.Errorf("it ended after %d of %d bytes", n, size)
	}
	p.Digest = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	if want != "" && want != p.Digest {
		return nil, &ChecksumError{Want: want, Got: p.Digest}
	}
	// Without a time the file has that of 1970, as for BuildKit: the time of the
	// download would make every build another one.
	mtime, terr := http.ParseTime(p.Modified)
	if terr != nil {
		mtime = time.Unix(0, 0)
	}
	if err := tmp.Chmod(0o600); err != nil {
		return nil, err
	}
	h, err := k.get(ctx, kindURL, p.key(address), func(dir string) error {
		path := filepath.Join(dir, p.Name)
		if err := os.Rename(tmp.Name(), path); err != nil {
			return err
		}
		return os.Chtimes(path, mtime, mtime) // not before: an old download is one that was abandoned
	})
	if err != nil {
		return nil, err
	}
	return &file{h, p}, nil
}

// alive puts the watch off whenever something comes.
type alive struct {
	r     io.Reader
	watch *time.Timer
	ctx   context.Context
}

func (a *alive) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if n > 0 {
		a.watch.Reset(silence)
	}
	return n, err
}

// unnamed is what a file without a name is called (BuildKit, dockerfile2llb).
const unnamed = "__unnamed__"

// fileName is the last part of the path of an address.
func fileName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return unnamed
	}
	base := path.Base(u.Path)
	if base == "." || base == "/" || base == ".." || strings.ContainsRune(base, 0) || len(base) > 255 {
		return unnamed
	}
	return base
}

// withoutAddress takes the address, which may have a password, out of what net/http says.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
