package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
	"github.com/mocker-compose/mocker-compose/internal/registry/login"
)

// Authenticate asks the registry on a host whether credentials are good, and
// returns what to keep of them: see [login.Verify].
func (c *Client) Authenticate(ctx context.Context, host string, cred credentials.Credential) (credentials.Credential, error) {
	list, err := c.hosts.Endpoints(imageref.Name{Domain: host, Path: "login", Tag: "latest"}) // no repository is asked for
	if err != nil {
		return cred, err
	}
	e := list[len(list)-1]
	if e.Insecure {
		c.web.allow(e.Host)
	}
	kept, err := login.Verify(ctx, c.web, "https://"+e.Host, cred)
	if err != nil && e.Insecure && !errors.Is(err, login.ErrRefused) && ctx.Err() == nil {
		kept, err = login.Verify(ctx, c.web, "http://"+e.Host, cred)
	}
	switch {
	case err == nil:
		return kept, nil
	case ctx.Err() != nil:
		return kept, context.Cause(ctx)
	case errors.Is(err, login.ErrRefused):
		return kept, fmt.Errorf("log in to %s: %w", host, err)
	}
	return kept, fmt.Errorf("log in to %s: %s", host, connection(host, err))
}
