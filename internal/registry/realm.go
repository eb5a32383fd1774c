package registry

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// The library refuses a token server with a private IP address unless it is the
// registry's own, port included. A GitLab that is reached by its address has the
// two on two ports. So to the library such a server is a path of the registry, and
// the request leaves for where it belongs. Another address stays refused: a
// registry is not to lead us through somebody's network.
const tokenPath = "/.token-server/"

// ownRealm rewrites the challenges of a registry that is named by an address, for
// a token server on another port of it.
func ownRealm(at *url.URL, h http.Header) {
	if _, err := netip.ParseAddr(at.Hostname()); err != nil {
		return
	}
	values := h.Values("WWW-Authenticate")
	for i, v := range values {
		_, rest, ok := strings.Cut(v, `realm="`)
		realm, _, closed := strings.Cut(rest, `"`)
		u, err := url.Parse(realm)
		if !ok || !closed || err != nil || u.Hostname() != at.Hostname() || u.Host == at.Host {
			continue
		}
		own := *u
		own.Scheme, own.Host, own.Path = at.Scheme, at.Host, tokenPath+u.Scheme+"/"+u.Host+u.Path
		values[i] = strings.Replace(v, realm, own.String(), 1)
	}
}

// tokenServer is where a request goes that ownRealm has rewritten.
func tokenServer(u *url.URL) *url.URL {
	rest, ok := strings.CutPrefix(u.Path, tokenPath)
	if !ok {
		return u
	}
	scheme, rest, _ := strings.Cut(rest, "/")
	host, path, _ := strings.Cut(rest, "/")
	real := *u
	real.Scheme, real.Host, real.Path, real.RawPath = scheme, host, "/"+path, ""
	if real.Hostname() != u.Hostname() {
		return u
	}
	return &real
}
