package archive

import (
	"fmt"
	"io"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image is an image in an archive.
type Image struct {
	Names    []string // by which it may be chosen and is to be known: "nginx:1.27"
	Refs     []string // by which it may be chosen: tags of an OCI layout
	Manifest v1.Hash  // digest of its manifest; zero if it has none
	Raw      []byte   // the manifest as it is in the archive; nil if it has none
	Config   []byte   // as it is in the archive, checked against its digest
	File     *v1.ConfigFile
	Layers   []Layer // base first

	position int // in the archive
}

// ID is the digest of the configuration.
func (i *Image) ID() v1.Hash { return sum(i.Config) }

// Layer is a layer that has not been read.
type Layer struct {
	DiffID    v1.Hash         // of the plain tar, as the configuration has it
	Digest    v1.Hash         // of the blob; zero if the archive does not say
	Size      int64           // of the blob in bytes; of the file if the archive does not say
	MediaType types.MediaType // "" if the archive does not say
	Open      func() (io.ReadCloser, error)
}

// Archive is an archive or a layout that has been looked into.
type Archive struct {
	Kind   string // "docker" or "oci"
	Images []Image
}

// Kinds of archives.
const (
	Docker = "docker"
	OCI    = "oci"
)

// Open reads the documents of an archive. kind is Docker, OCI, or "" to take
// what there is.
func Open(fsys Files, kind string) (_ *Archive, err error) {
	if kind == "" {
		if kind, err = recognise(fsys); err != nil {
			return nil, err
		}
	}
	a := &Archive{Kind: kind}
	if kind == Docker {
		a.Images, err = readDocker(&documents{Files: fsys})
	} else {
		a.Images, err = readLayout(&documents{Files: fsys})
	}
	if err == nil && len(a.Images) == 0 {
		err = fmt.Errorf("there is no image in it")
	}
	return a, err
}

// recognise prefers docker's own document where there are both: it has the tags.
func recognise(fsys Files) (string, error) {
	for _, c := range []struct{ file, kind string }{{dockerManifest, Docker}, {layoutIndex, OCI}} {
		ok, err := has(fsys, c.file)
		if err != nil {
			return "", err
		}
		if ok {
			return c.kind, nil
		}
	}
	if ok, err := has(fsys, "repositories"); err == nil && ok {
		return "", fmt.Errorf("it was written by a docker older than 1.10, without a manifest.json: load it into a newer docker and save it again")
	}
	return "", fmt.Errorf("it has neither a manifest.json, as `docker save` writes, nor an index.json of an OCI layout; a root file system becomes an image with: mocker-compose image import FILE NAME")
}

// Choose is the image that ref means: a name, a tag, a digest, or @N for the
// Nth from 0. Without ref there must be one image only.
func (a *Archive) Choose(ref string, same func(a, b string) bool) (*Image, error) {
	var found []*Image
	for i := range a.Images {
		img := &a.Images[i]
		if ref == "" || img.is(ref, same) {
			found = append(found, img)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return nil, fmt.Errorf("there is no %q in it; it has %s", ref, a.contents())
	case ref == "":
		return nil, fmt.Errorf("it has %d images, choose one by adding :NAME:TAG or :@N to the path: %s", len(a.Images), a.contents())
	}
	return nil, fmt.Errorf("%q means %d images: use :@N; it has %s", ref, len(found), a.contents())
}

func (i *Image) is(ref string, same func(a, b string) bool) bool {
	if ref == fmt.Sprintf("@%d", i.position) || ref == i.Manifest.String() || ref == i.ID().String() {
		return true
	}
	for _, n := range i.Names {
		if same(n, ref) {
			return true
		}
	}
	for _, n := range i.Refs {
		if n == ref {
			return true
		}
	}
	return false
}

// contents names what is inside, for a message.
func (a *Archive) contents() string {
	const shown = 20
	var words []string
	for _, img := range a.Images[:min(shown, len(a.Images))] {
		name := strings.Join(append(append([]string{}, img.Names...), img.Refs...), ", ")
		if name == "" {
			name = "no name"
		}
		if len(name) > 200 {
			name = name[:200] + "..."
		}
		words = append(words, fmt.Sprintf("@%d (%s)", img.position, name))
	}
	if n := len(a.Images) - shown; n > 0 {
		words = append(words, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(words, ", ")
}
