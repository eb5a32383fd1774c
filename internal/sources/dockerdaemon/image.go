package dockerdaemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/image"
)

// Image is one that the daemon has.
type Image struct {
	daemon *daemon
	name   string
	id     string
}

type daemon struct {
	path   string
	client *http.Client
}

// Find asks the daemon for an image by NAME[:TAG], NAME@DIGEST or id.
func Find(ctx context.Context, getenv func(string) string, name string) (*Image, error) {
	path, err := socket(getenv)
	if err != nil {
		return nil, err
	}
	d := &daemon{path: path}
	d.client = &http.Client{Transport: &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	res, err := d.get(ctx, name, "json")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var about struct{ ID string }
	if err := json.NewDecoder(io.LimitReader(res.Body, 16<<20)).Decode(&about); err != nil || about.ID == "" {
		return nil, fmt.Errorf("%s: what answers there is no docker: %w", path, errors.Join(err, errors.New("it names no id")))
	}
	return &Image{d, name, about.ID}, nil
}

// ID is the image's, as the daemon has it.
func (i *Image) ID() string { return i.id }

// Close ends the connection.
func (i *Image) Close() error {
	i.daemon.client.CloseIdleConnections()
	return nil
}

// Load makes the image one of the store.
func (i *Image) Load(ctx context.Context, store *image.Store) (img image.Image, err error) {
	res, err := i.daemon.get(ctx, i.name, "get")
	if err != nil {
		return img, err
	}
	defer res.Body.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return img, err
	}
	defer r.Close()
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(w, res.Body)
		sent <- errors.Join(err, w.Close())
	}()
	found := 0
	err = store.Run(ctx, store.Request(image.OpLoad, func(q *image.Request) { q.One = true }), r, func(m *image.Message) {
		if m.Image != nil {
			img, found = *m.Image, found+1
		}
	})
	r.Close()
	if sendErr := <-sent; sendErr != nil && !errors.Is(sendErr, syscall.EPIPE) {
		return img, fmt.Errorf("%s broke off: %w", i.daemon.path, sendErr)
	}
	if err == nil && found != 1 {
		err = fmt.Errorf("%d images came, wanted was one", found)
	}
	return img, err
}

// get asks for something of an image.
func (d *daemon) get(ctx context.Context, name, what string) (*http.Response, error) {
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		if part == "." || part == ".." || part == "" {
			return nil, fmt.Errorf("%q is no name of an image", name)
		}
		parts = append(parts, url.PathEscape(part))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/images/"+strings.Join(parts, "/")+"/"+what, nil)
	if err != nil {
		return nil, err
	}
	res, err := d.client.Do(req)
	if err != nil {
		return nil, d.unreachable(err)
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer res.Body.Close()
	var said struct{ Message string }
	_ = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&said) // without words, the status says it
	if res.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("the docker at %s has no such image: docker pull %s, or docker images", d.path, name)
	}
	return nil, fmt.Errorf("the docker at %s answers %s: %q", d.path, res.Status, said.Message)
}

// unreachable says why nobody could be asked, and what mends it.
func (d *daemon) unreachable(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no docker runs at %s (%w): start it, or name another one by DOCKER_HOST=unix://SOCKET", d.path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("you may not talk to the docker at %s: sudo docker save NAME | mocker-compose image load, or become a member of its group (which makes you root)", d.path)
	}
	return fmt.Errorf("the docker at %s: %w", d.path, err)
}
