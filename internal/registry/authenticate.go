package registry

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
	"github.com/mocker-compose/mocker-compose/internal/registry/login"
)

// Authenticate asks the registry on a host whether credentials are good, and
// returns what to keep of them: see [login.Verify].
func (c *Client) Authenticate(ctx context.Context, host string, cred credentials.Credential) (credentials.Credential, error) {
	if host == "docker.io" {
		host = "registry-1.docker.io"
	}
	kept, err := login.Verify(ctx, http.DefaultTransport, "https://"+host, cred)
	name, _, splitErr := net.SplitHostPort(host)
	if ip := net.ParseIP(name); err != nil && splitErr == nil && (name == "localhost" || ip != nil && ip.IsLoopback()) {
		kept, err = login.Verify(ctx, http.DefaultTransport, "http://"+host, cred)
	}
	if err != nil {
		return kept, fmt.Errorf("log in to %s: %w", host, err)
	}
	return kept, nil
}
