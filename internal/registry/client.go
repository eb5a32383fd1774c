package registry

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
	"github.com/mocker-compose/mocker-compose/internal/registry/hosts"
)

// Client talks to registries. Its methods may be called at the same time.
type Client struct {
	options     Options
	hosts       *hosts.Config
	credentials *credentials.Lookup
	web         *web
	downloads   chan struct{} // one for each layer that is downloaded
	unpackers   chan struct{} // one for each process that unpacks

	mu       sync.Mutex
	sessions map[string]*session
	said     map[string]bool
}

// New reads what the machine's configuration says of registries. Its error is
// of a file or a variable that cannot be understood.
func New(o Options) (*Client, error) {
	h, err := hosts.Load(o.getenv)
	if err != nil {
		return nil, err
	}
	if err := h.AddInsecure(slices.Concat(o.Insecure, strings.Split(o.getenv("MOCKER_INSECURE_REGISTRIES"), ","))); err != nil {
		return nil, err
	}
	if err := o.fill(h); err != nil {
		return nil, err
	}
	c := &Client{
		options: o, hosts: h, web: newWeb(h, o.getenv, o.Stall),
		downloads: make(chan struct{}, o.Parallel), unpackers: make(chan struct{}, max(maxUnpackers, o.Parallel)),
		sessions: map[string]*session{}, said: map[string]bool{},
	}
	c.credentials = credentials.New(o.getenv, c.notice)
	return c, nil
}

// maxUnpackers bounds the processes that unpack: each has a decompressor's memory.
const maxUnpackers = 6

// fill puts what the user, then what docker's configuration says in place of zero.
func (o *Options) fill(h *hosts.Config) error {
	if v := o.getenv("MOCKER_PULL_PARALLEL"); v != "" && o.Parallel == 0 {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 64 {
			return fmt.Errorf("MOCKER_PULL_PARALLEL=%s: it is a number from 1 to 64", v)
		}
		o.Parallel = n
	}
	if v := o.getenv("MOCKER_REGISTRY_STALL"); v != "" && o.Stall == 0 {
		d, err := time.ParseDuration(v)
		if err != nil || d < time.Second {
			return fmt.Errorf("MOCKER_REGISTRY_STALL=%s: it is a duration from 1s on, as 45s", v)
		}
		o.Stall = d
	}
	o.Parallel = first(o.Parallel, h.Parallel, defaultParallel)
	o.Attempts = first(o.Attempts, h.Attempts, defaultAttempts)
	o.Stall = first(o.Stall, defaultStall)
	o.Backoff = first(o.Backoff, defaultBackoff)
	return nil
}

// first is the first one above zero.
func first[T int | time.Duration](list ...T) T {
	for _, v := range list {
		if v > 0 {
			return v
		}
	}
	return 0
}

// notice tells the user something once.
func (c *Client) notice(text string) {
	c.mu.Lock()
	again := c.said[text]
	c.said[text] = true
	c.mu.Unlock()
	if !again && c.options.Notice != nil {
		c.options.Notice(text)
	}
}

// Remote is a way to the registry itself, not to a mirror, that is logged in for the
// actions ("pull", "push") on the repository. For go-containerregistry's
// pkg/v1/remote: remote.WithTransport(transport).
func (c *Client) Remote(ctx context.Context, n imageref.Name, actions ...string) (name.Repository, http.RoundTripper, error) {
	list, err := c.hosts.Endpoints(n)
	if err != nil {
		return name.Repository{}, nil, err
	}
	s, err := c.open(ctx, list[len(list)-1], strings.Join(actions, ","))
	if err != nil {
		return name.Repository{}, nil, explain(n, err)
	}
	return s.repo, s.way, nil
}
