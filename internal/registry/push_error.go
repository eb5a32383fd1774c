package registry

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// explain says why an image could not be pushed, and what mends it.
func (p *push) explain(err error) error {
	var status *transport.Error
	if err == nil || !errors.As(err, &status) {
		return explain(p.name, err)
	}
	host, from := p.name.Domain, ""
	if at := (*endpointError)(nil); errors.As(err, &at) {
		host, from = at.at.endpoint.Name, at.at.from
	}
	e := &Error{Ref: p.name.String(), Err: err}
	login := "mocker-compose login " + host
	if host == "docker.io" {
		login = "mocker-compose login"
	}
	said := says(status)
	switch status.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Denied = true
		e.Text = fmt.Sprintf("push access to %s denied: %s", p.here(), said)
		if from == "" {
			e.Text += ": log in as somebody who may push there: " + login
		} else {
			e.Text += fmt.Sprintf(": the credentials of %s do not allow it: log in as somebody who may push there (%s), or push under another name (mocker-compose image tag)", from, login)
		}
	case http.StatusNotFound:
		e.NotFound = true
		e.Text = fmt.Sprintf("push %s: %s has no repository %s, and makes none: %s", p.name, host, p.name.Path, said)
	case http.StatusMethodNotAllowed:
		e.Text = fmt.Sprintf("push %s: %s takes no images: %s: it is read-only, or a mirror of another registry", p.name, host, said)
	case http.StatusRequestEntityTooLarge:
		e.Text = fmt.Sprintf("push %s: %s, or a proxy before it, takes no layer of this size: %s", p.name, host, said)
	default:
		return explain(p.name, err)
	}
	return e
}
