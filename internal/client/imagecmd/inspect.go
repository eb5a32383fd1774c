package imagecmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// InspectOptions are the flags of image inspect.
type InspectOptions struct{ Format string }

// Register defines the flags in fs.
func (o *InspectOptions) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Format, "format", "f", "", "json, or a Go `TEMPLATE`")
}

// inspected has docker's names for what we know of an image (docker image
// inspect); what only a docker has is left out.
type inspected struct {
	ID           string `json:"Id"`
	RepoTags     []string
	RepoDigests  []string
	Comment      string
	Created      time.Time
	Author       string
	Config       config.Config
	Architecture string
	Variant      string `json:",omitempty"`
	Os           string
	Size         int64
	RootFS       rootFS
	Metadata     metadata
	Descriptor   *descriptor `json:",omitempty"`
}

// descriptor is of the manifest with which the image came (OCI image spec, descriptor.md).
type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

func descriptorOf(s *image.Store, img *image.Image) (*descriptor, error) {
	raw, err := s.RawManifest(img)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &descriptor{"application/vnd.oci.image.manifest.v1+json", img.Manifest, int64(len(raw))}
	var m struct{ MediaType string }
	if json.Unmarshal(raw, &m) == nil && m.MediaType != "" {
		d.MediaType = m.MediaType
	}
	return d, nil
}

type rootFS struct {
	Type   string
	Layers []string
}

type metadata struct{ LastTagTime time.Time }

// Inspect prints what is known of images, docker's way: what was found on
// standard output, errors behind it.
func Inspect(_ context.Context, e *client.Env, o *InspectOptions, refs []string) error {
	s, err := Open(e)
	if err != nil {
		return err
	}
	var list []inspected
	var errs []error
	for _, ref := range refs {
		in, err := inspectOne(s, ref)
		if err != nil {
			errs = append(errs, brief(err))
			continue
		}
		list = append(list, *in)
	}
	if err := o.print(e.Stdout, list); err != nil {
		return err
	}
	return errors.Join(errs...)
}

func (o *InspectOptions) print(w io.Writer, list []inspected) error {
	switch o.Format {
	case "json":
		if list == nil {
			list = []inspected{}
		}
		return json.NewEncoder(w).Encode(list)
	case "":
		if list == nil {
			list = []inspected{}
		}
		j := json.NewEncoder(w)
		j.SetIndent("", "    ")
		return j.Encode(list)
	}
	return printInspected(w, o.Format, list)
}

// printInspected takes the names of the JSON too: {{.Id}} as well as {{.ID}},
// as docker does.
func printInspected(w io.Writer, format string, list []inspected) error {
	var b bytes.Buffer
	if err := listing.Template(&b, format, list); err == nil {
		_, err = w.Write(b.Bytes())
		return err
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return err
	}
	var maps []map[string]any
	if err := json.Unmarshal(raw, &maps); err != nil {
		return err
	}
	return listing.Template(w, format, maps)
}

func inspectOne(s *image.Store, ref string) (*inspected, error) {
	img, err := s.Find(ref)
	if err != nil {
		return nil, err
	}
	raw, err := s.Raw(img.ID)
	if err != nil {
		return nil, err
	}
	var file config.File
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("configuration of %s: %w", img.ID, err)
	}
	in := &inspected{
		ID: img.ID, RepoTags: notNil(img.Names), RepoDigests: notNil(img.Digests), Created: img.Created, Author: img.Author,
		Config: file.Config, Architecture: img.Architecture, Variant: img.Variant, Os: img.OS, Size: img.Size,
		RootFS: rootFS{"layers", notNil(file.RootFS.DiffIDs)}, Metadata: metadata{img.Loaded},
	}
	if in.Descriptor, err = descriptorOf(s, &img); err != nil {
		return nil, err
	}
	if n := len(file.History); n > 0 {
		in.Comment = file.History[n-1].Comment
	}
	return in, nil
}

func notNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// brief is for commands on the store, where one need not be told how images get
// into it.
func brief(err error) error {
	var missing *image.NotFoundError
	if errors.As(err, &missing) {
		return errors.New(missing.Brief())
	}
	return err
}
