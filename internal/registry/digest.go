package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/mocker-compose/mocker-compose/internal/registry/document"
)

// Digest is the digest that a reference leads to: with a platform that of the
// manifest for it, without one that of the index, if there is one. It is what
// docker writes into RepoDigests (then without a platform).
func (c *Client) Digest(ctx context.Context, ref, platform string) (string, error) {
	s, err := c.source(ref)
	if err != nil {
		return "", err
	}
	if platform != "" {
		want, err := document.ParseWant(platform)
		if err != nil {
			return "", err
		}
		f, _, err := s.follow(ctx, want)
		if err != nil {
			return "", c.failed(ctx, s, err)
		}
		return f.Manifest, nil
	}
	digest := ""
	err = s.each(ctx, small, func(ctx context.Context, r *session) error {
		digest, err = r.head(ctx, s.name.Tag, s.name.Digest)
		return err
	})
	if err != nil {
		return "", c.failed(ctx, s, err)
	}
	return digest, nil
}

// head asks for the digest only; registries that do not say it have the document
// read.
func (s *session) head(ctx context.Context, tag, digest string) (string, error) {
	what := "manifests/" + tag
	if digest != "" {
		what = "manifests/" + digest
	}
	res, err := s.request(ctx, http.MethodHead, what, accept())
	if err == nil {
		defer res.Body.Close()
		said := res.Header.Get("Docker-Content-Digest")
		if hex, ok := strings.CutPrefix(said, "sha256:"); ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == "" && (digest == "" || digest == said) {
			return said, nil
		}
	}
	// The answer to a HEAD has no words either.
	f, err := s.document(ctx, what, digest, -1)
	if err != nil {
		return "", err
	}
	if _, err := document.Read(f.header, f.raw); err != nil {
		return "", &finalError{err}
	}
	return f.digest, nil
}

// failed puts an error into words, and for a tag that is not there names those
// that are like it.
func (c *Client) failed(ctx context.Context, s *source, err error) error {
	err = explain(s.name, err)
	var e *Error
	if errors.As(err, &e) && e.NotFound && !e.Denied && s.name.Tag != "" {
		if tags := c.similar(ctx, s); len(tags) > 0 {
			e.Text += fmt.Sprintf("; there are the tags %s", strings.Join(tags, ", "))
		}
	}
	return err
}

const shownTags = 5

// similar are tags of the repository that begin as the one that was asked for.
// They are told only if one answer has them.
func (c *Client) similar(ctx context.Context, s *source) []string {
	r, err := c.open(ctx, s.endpoints[s.last()], "pull")
	if err != nil {
		return nil
	}
	puller, err := remote.NewPuller(remote.WithTransport(r.way), remote.WithPageSize(1000))
	if err != nil {
		return nil
	}
	pages, err := puller.Lister(ctx, r.repo)
	if err != nil || !pages.HasNext() {
		return nil
	}
	page, err := pages.Next(ctx)
	if err != nil {
		return nil
	}
	want := strings.ToLower(s.name.Tag)
	slices.SortStableFunc(page.Tags, func(a, b string) int { return likeness(strings.ToLower(b), want) - likeness(strings.ToLower(a), want) })
	var out []string
	for _, t := range page.Tags[:min(shownTags, len(page.Tags))] {
		out = append(out, document.Short(t))
	}
	return out
}

// likeness is how many letters two tags have in common at their beginning.
func likeness(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func digestOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func decode(raw []byte, v any) error { return json.Unmarshal(raw, v) }
