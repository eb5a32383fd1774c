package archive

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// choose finds the image for this machine among those of one name: manifests
// and indexes of manifests.
func (l layout) choose(list []v1.Descriptor, depth int) (*Image, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("it has indexes in indexes, more than %d deep", maxNesting)
	}
	list = slices.DeleteFunc(slices.Clone(list), isAttestation)
	if len(list) == 0 {
		return nil, fmt.Errorf("there is no image in it, only attestations or other artifacts")
	}
	if len(list) == 1 {
		return l.follow(list[0], depth)
	}
	best, found := fit(list)
	if !found {
		return nil, fmt.Errorf("it is for %s, this machine is linux/%s", platforms(list), runtime.GOARCH)
	}
	return l.follow(best, depth)
}

func (l layout) follow(d v1.Descriptor, depth int) (*Image, error) {
	switch {
	case d.MediaType.IsIndex():
		raw, err := l.blob(d)
		if err != nil {
			return nil, fmt.Errorf("index: %w", err)
		}
		index, err := parseIndex(raw)
		if err != nil {
			return nil, fmt.Errorf("index %s: %w", d.Digest, err)
		}
		if index.MediaType != "" && index.MediaType != d.MediaType {
			return nil, fmt.Errorf("index %s says that it is %s, but it was named as %s", d.Digest, short(string(index.MediaType)), short(string(d.MediaType)))
		}
		return l.choose(index.Manifests, depth+1)
	case d.MediaType.IsImage():
		raw, err := l.blob(d)
		if err != nil {
			return nil, fmt.Errorf("manifest: %w", err)
		}
		return l.manifest(d, raw)
	case d.MediaType.IsSchema1():
		return nil, fmt.Errorf("its manifest is of docker's first schema, which has no configuration: save it with a newer tool")
	}
	return nil, fmt.Errorf("%s is of type %s, neither an image nor an index", d.Digest, short(string(d.MediaType)))
}

// isAttestation tells what buildkit puts beside images, and other artifacts.
func isAttestation(d v1.Descriptor) bool {
	return d.Annotations["vnd.docker.reference.type"] != "" ||
		d.Platform != nil && d.Platform.OS == "unknown" ||
		d.ArtifactType != "" && !types.MediaType(d.ArtifactType).IsConfig() // some tools say so of images
}

// fit is the first of the best ones for this machine: those without a platform
// are a last resort, a plain architecture is better than a variant.
func fit(list []v1.Descriptor) (best v1.Descriptor, found bool) {
	score := -1
	for _, d := range list {
		if s := fitness(d.Platform); s > score {
			best, score = d, s
		}
	}
	return best, score >= 0
}

func fitness(p *v1.Platform) int {
	switch {
	case p == nil:
		return 0
	case p.OS != "linux" || p.Architecture != runtime.GOARCH:
		return -1
	case p.Variant == "" || p.Architecture == "arm64" && p.Variant == "v8" || p.Architecture == "amd64" && p.Variant == "v1":
		return 3
	case p.Architecture == "amd64": // v2 to v4: this machine may lack them
		return 1
	}
	return 2
}

func platforms(list []v1.Descriptor) string {
	var names []string
	for _, d := range list {
		if d.Platform != nil && len(names) < 20 {
			names = append(names, short(d.Platform.String()))
		}
	}
	return strings.Join(names, ", ")
}
