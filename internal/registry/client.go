package registry

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// Client talks to registries. Its methods may be called at the same time.
type Client struct {
	options Options
}

// New reads what the machine's configuration says of registries. Its error is
// of a file that cannot be understood, with its line.
func New(o Options) (*Client, error) {
	return &Client{options: o}, nil
}

// Described is what a registry says of an image, all of it compared with its
// digests.
type Described struct {
	Name     image.Name
	Digest   string // of what the name leads to: a manifest, or an index of them
	Manifest string // digest of the manifest for the platform
	Config   []byte // as it is there; its digest is the image's id
	ID       string
	File     config.File
	Platform string // "linux/arm64/v8"
	Size     int64  // of all blobs, bytes
}

// Pull makes an image that a registry has one of the store. platform is
// OS/ARCH[/VARIANT], or "" for this machine's. observe may be nil.
func (c *Client) Pull(ctx context.Context, ref, platform string, store *image.Store, observe func(Progress)) (image.Image, error) {
	return image.Image{}, errors.New("registries cannot be asked yet")
}

// Digest is the digest that a reference leads to: with a platform that of the
// manifest for it, without one that of the index, if there is one. It is what
// docker writes into RepoDigests (then without a platform).
func (c *Client) Digest(ctx context.Context, ref, platform string) (string, error) {
	return "", errors.New("registries cannot be asked yet")
}

// Describe gets an image's configuration, without its layers.
func (c *Client) Describe(ctx context.Context, ref, platform string) (*Described, error) {
	return nil, errors.New("registries cannot be asked yet")
}

// Remote is a way to the registry itself, not to a mirror, that is logged in for the
// actions ("pull", "push") on the repository. For go-containerregistry's
// pkg/v1/remote: remote.WithTransport(transport).
func (c *Client) Remote(ctx context.Context, n image.Name, actions ...string) (name.Repository, http.RoundTripper, error) {
	return name.Repository{}, nil, errors.New("registries cannot be asked yet")
}
