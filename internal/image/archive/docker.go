package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const dockerManifest = "manifest.json"

// dockerImage is an entry of manifest.json, in the image specification of moby
// (v1.2): paths inside the archive.
type dockerImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func readDocker(fsys *documents) ([]Image, error) {
	raw, err := fsys.document(dockerManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("it has no manifest.json, as `docker save` writes: for an OCI layout use oci-archive: or oci:")
	}
	if err != nil {
		return nil, err
	}
	var list []dockerImage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", dockerManifest, err)
	}
	if len(list) > maxImages {
		return nil, fmt.Errorf("%s names %d images, more than %d", dockerManifest, len(list), maxImages)
	}
	var images []Image
	for n, d := range list {
		img, err := readDockerImage(fsys, d)
		if err != nil {
			return nil, fmt.Errorf("image %d (%s): %w", n, short(strings.Join(d.RepoTags, ", ")), err)
		}
		img.position = n
		images = append(images, img)
	}
	return images, nil
}

func readDockerImage(fsys *documents, d dockerImage) (img Image, err error) {
	if len(d.RepoTags) > maxNames {
		return img, fmt.Errorf("it has %d names, more than %d", len(d.RepoTags), maxNames)
	}
	if d.Config == "" {
		return img, errors.New("it names no configuration")
	}
	img.Names = d.RepoTags
	if img.Config, err = fsys.document(d.Config); err != nil {
		return img, fmt.Errorf("configuration: %w", err)
	}
	// The file is named for its digest: HEX.json, or blobs/sha256/HEX.
	if hex := strings.TrimSuffix(path.Base(d.Config), ".json"); len(hex) == 64 && hex != img.ID().Hex {
		return img, fmt.Errorf("configuration %s: its content is damaged: its digest is %s", short(d.Config), img.ID())
	}
	if err := img.parse(len(d.Layers)); err != nil {
		return img, err
	}
	for n, name := range d.Layers {
		l := Layer{DiffID: img.File.RootFS.DiffIDs[n]}
		f, size, err := fsys.Open(name)
		if err != nil {
			return img, fmt.Errorf("layer %d of %d: %w", n+1, len(d.Layers), err)
		}
		if err := f.Close(); err != nil {
			return img, err
		}
		l.Size = size
		l.Open = func() (io.ReadCloser, error) { f, _, err := fsys.Open(name); return f, err }
		img.Layers = append(img.Layers, l)
	}
	return img, nil
}

// parse reads the configuration; there are so many layers beside it.
func (i *Image) parse(layers int) (err error) {
	if i.File, err = v1.ParseConfigFile(bytes.NewReader(i.Config)); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if t := i.File.RootFS.Type; t != "layers" && t != "" {
		return fmt.Errorf("configuration: a root file system of type %s is not known", short(t))
	}
	ids := i.File.RootFS.DiffIDs
	switch {
	case len(ids) != layers:
		return fmt.Errorf("it has %d layers, but its configuration names %d", layers, len(ids))
	case layers > maxLayers:
		return fmt.Errorf("it has %d layers, more than the %d that docker allows", layers, maxLayers)
	}
	for _, id := range ids {
		if err := checkHash(id); err != nil {
			return fmt.Errorf("configuration: layer: %w", err)
		}
	}
	return nil
}
