package registry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/registry/document"
)

// Error is what went wrong with an image, in words.
type Error struct {
	Ref      string
	NotFound bool // the registry has no such image, or does not say so
	Denied   bool // other credentials may help
	Text     string
	Err      error
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Err }

// explain makes an error one in words.
func explain(n imageref.Name, err error) error {
	var done *Error
	if err == nil || errors.As(err, &done) || errors.Is(err, context.Canceled) {
		return err
	}
	e := &Error{Ref: n.String(), Err: err}
	host, from := n.Domain, ""
	var at *endpointError
	if errors.As(err, &at) {
		host, from = at.at.endpoint.Name, at.at.from
	}
	var status *transport.Error
	if errors.As(err, &status) {
		e.status(n, host, from, status)
		return e
	}
	e.Text = e.Ref + ": " + connection(host, err)
	return e
}

// status puts the answer of a registry into docker's words.
func (e *Error) status(n imageref.Name, host, from string, s *transport.Error) {
	said := says(s)
	login := "mocker-compose login " + host
	if host == "docker.io" {
		login = "mocker-compose login"
	}
	codes := map[transport.ErrorCode]bool{}
	for _, d := range s.Errors {
		codes[d.Code] = true
	}
	switch {
	case s.StatusCode == http.StatusTooManyRequests || codes[transport.TooManyRequestsErrorCode]:
		e.Text = fmt.Sprintf("%s: %s: %s allows no more for now; who has logged in (%s) has a limit of their own", e.Ref, after("toomanyrequests", said), host, login)
	case s.StatusCode == http.StatusUnauthorized && from != "":
		e.Denied = true
		e.Text = fmt.Sprintf("%s: %s: %s refuses the credentials of %s: log in again: %s", e.Ref, after("unauthorized", said), host, from, login)
	case s.StatusCode == http.StatusUnauthorized:
		e.Denied = true
		e.Text = fmt.Sprintf("%s: %s: log in: %s", e.Ref, after("unauthorized", said), login)
	case s.StatusCode == http.StatusNotFound && codes[transport.ManifestUnknownErrorCode]:
		e.NotFound = true
		e.Text = fmt.Sprintf("manifest for %s not found: manifest unknown: %s", e.Ref, said)
	case s.StatusCode == http.StatusForbidden || s.StatusCode == http.StatusNotFound && !codes[transport.BlobUnknownErrorCode]:
		e.NotFound, e.Denied = true, true
		e.Text = fmt.Sprintf("pull access denied for %s, repository does not exist or may require '%s': %s", n.Repository(), login, said)
	case s.StatusCode == http.StatusNotFound:
		e.Text = fmt.Sprintf("%s: %s does not have all parts of the image: %s", e.Ref, host, said)
	default:
		e.Text = fmt.Sprintf("%s: %s answered %d %s: %s", e.Ref, host, s.StatusCode, http.StatusText(s.StatusCode), said)
	}
}

// says is what a registry wrote, short and printable, as docker has it.
func says(s *transport.Error) string {
	var words []string
	for _, d := range s.Errors {
		text := strings.ToLower(string(d.Code))
		if d.Message != "" {
			text += ": " + d.Message
		}
		words = append(words, document.Short(text))
		if len(words) == 3 {
			break
		}
	}
	if len(words) == 0 {
		return strings.ToLower(http.StatusText(s.StatusCode))
	}
	return strings.Join(words, "; ")
}

// after puts docker's word in front of what a registry said, unless that begins so.
func after(word, said string) string {
	if strings.HasPrefix(said, word) {
		return said
	}
	return word + ": " + said
}

// connection says why a host could not be talked to.
func connection(host string, err error) string {
	var (
		name    *net.DNSError
		stalled *StallError
		none    *document.NoMatchError
		plain   *plainError
	)
	insecure := fmt.Sprintf("set MOCKER_INSECURE_REGISTRIES=%s, or insecure = true in registries.conf (docs/registries.md), if that is to be", host)
	switch {
	case isLocal(err), errors.As(err, &none):
		return err.Error()
	case errors.As(err, &stalled):
		return stalled.Error() + ": it does not answer, or the network is broken"
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Sprintf("no such host: %s: look at its spelling, and whether names are resolved on this machine", name.Name)
	case errors.As(err, &name):
		return fmt.Sprintf("the name %s cannot be resolved: %s", name.Name, name.Err)
	case contains(err, "server gave HTTP response to HTTPS client"):
		return fmt.Sprintf("%s speaks plain HTTP, which is refused: %s", host, insecure)
	case isTLS(err):
		return fmt.Sprintf("the certificate of %s is not one that this machine trusts: %s: put the certificate of its authority into ~/.config/containers/certs.d/%s/ca.crt; or %s",
			host, innermost(err), host, insecure)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refuses connections: nothing listens there (%s)", host, innermost(err))
	case errors.As(err, &plain):
		return fmt.Sprintf("%s: %s", plain, insecure)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("%s does not answer", host)
	case isUnexpectedEnd(err):
		return fmt.Sprintf("%s closes the connection before all has come", host)
	}
	return innermost(err).Error()
}

// innermost leaves out what net/http and we wrap around: the address with its
// tokens is in it.
func innermost(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		switch err.(type) {
		case interface{ Timeout() bool }, *endpointError, *finalError, *localError:
			err = next
		default:
			return err
		}
	}
}

func contains(err error, words string) bool { return strings.Contains(err.Error(), words) }
