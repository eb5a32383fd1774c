package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
)

// ErrRefused is wrapped by the error for credentials that are not good.
var ErrRefused = errors.New("incorrect username or password")

// Verify asks the registry at base ("https://HOST") whether credentials are good.
// What is to be kept comes back: the same, or a token that stands for them
// (distribution's token authentication, "offline_token").
func Verify(ctx context.Context, rt http.RoundTripper, base string, c credentials.Credential) (credentials.Credential, error) {
	ping := base + "/v2/"
	res, err := ask(ctx, rt, ping, nil)
	if err != nil {
		return c, err
	}
	if res.StatusCode == http.StatusOK {
		return c, nil // it asks nobody
	}
	if res.StatusCode != http.StatusUnauthorized {
		return c, fmt.Errorf("%s: %s: this is no registry, or it is out of order", ping, res.Status)
	}
	for _, header := range res.Header.Values("WWW-Authenticate") {
		scheme, params := challenge(header)
		switch scheme {
		case "bearer":
			return token(ctx, rt, base, params, c)
		case "basic":
			res, err := ask(ctx, rt, ping, func(q *http.Request) { q.SetBasicAuth(c.Username, c.Password) })
			if err != nil {
				return c, err
			}
			return c, judge(ping, res)
		}
	}
	return c, fmt.Errorf("%s wants an authentication that is not known: %q", base, res.Header.Values("WWW-Authenticate"))
}

// answer is a response whose body, or the beginning of it, has been read.
type answer struct {
	*http.Response
	text []byte
}

const maxAnswer = 1 << 20

func ask(ctx context.Context, rt http.RoundTripper, url string, set func(*http.Request)) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	if set != nil {
		set(req)
	}
	// Redirects are followed to the same host only: credentials go along.
	follow := http.Client{Transport: rt, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		if to.URL.Host != req.URL.Host || len(via) > 5 {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := follow.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return &answer{res, text}, err
}

func judge(where string, res *answer) error {
	switch res.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s: unauthorized: %w", where, refused(res.text))
	}
	return fmt.Errorf("%s: %s%s", where, res.Status, because(res.text))
}

// token gets one for the registry itself, without a scope.
func token(ctx context.Context, rt http.RoundTripper, base string, params map[string]string, c credentials.Credential) (credentials.Credential, error) {
	realm, err := url.Parse(params["realm"])
	if err != nil || realm.Host == "" {
		return c, fmt.Errorf("%s names no token server: %q", base, params["realm"])
	}
	if strings.HasPrefix(base, "https://") && realm.Scheme != "https" {
		return c, fmt.Errorf("%s names the token server %s, which would get the password without encryption", base, realm)
	}
	q := realm.Query()
	if s := params["service"]; s != "" {
		q.Set("service", s)
	}
	q.Set("client_id", "docker")
	q.Set("offline_token", "true")
	q.Set("account", c.Username)
	realm.RawQuery = q.Encode()
	res, err := ask(ctx, rt, realm.String(), func(q *http.Request) { q.SetBasicAuth(c.Username, c.Password) })
	if err != nil {
		return c, err
	}
	realm.RawQuery = ""
	if err := judge(realm.String(), res); err != nil {
		return c, err
	}
	var given struct {
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(res.text, &given); err != nil {
		return c, fmt.Errorf("%s: what it answers is no token: %w", realm, err)
	}
	if given.Refresh != "" {
		return credentials.Credential{Username: c.Username, IdentityToken: given.Refresh}, nil
	}
	return c, nil
}

// refused is the registry's word on it, if it says one.
func refused(text []byte) error {
	if s := strings.TrimPrefix(because(text), ": "); s != "" && s != ErrRefused.Error() {
		return &refusal{s}
	}
	return ErrRefused
}

type refusal struct{ text string }

func (r *refusal) Error() string        { return r.text }
func (r *refusal) Is(target error) bool { return target == ErrRefused }

// because is what an error of the distribution specification says, on one line.
func because(text []byte) string {
	var body struct {
		Errors []struct{ Code, Message string }
	}
	if json.Unmarshal(text, &body) != nil || len(body.Errors) == 0 {
		return ""
	}
	words := strings.Join(strings.Fields(body.Errors[0].Message), " ")
	if words == "" {
		words = strings.ToLower(body.Errors[0].Code)
	}
	return ": " + printable(strings.ToValidUTF8(words[:min(len(words), 300)], ""))
}

// printable takes away what could steer a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}
