package document

import (
	"bytes"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// ReadConfig reads the configuration that goes with a manifest (image spec,
// config.md).
func ReadConfig(raw []byte, m *v1.Manifest) (*v1.ConfigFile, error) {
	if err := bound(raw); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c, err := v1.ParseConfigFile(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if t := c.RootFS.Type; t != "layers" && t != "" {
		return nil, fmt.Errorf("configuration: a root file system of type %s is not known", Short(t))
	}
	if len(c.RootFS.DiffIDs) != len(m.Layers) {
		return nil, fmt.Errorf("configuration: it names %d layers, the manifest %d", len(c.RootFS.DiffIDs), len(m.Layers))
	}
	for _, id := range c.RootFS.DiffIDs {
		if !isSHA256(id) {
			return nil, fmt.Errorf("configuration: %q is no diff id", Short(id.String()))
		}
	}
	return c, nil
}
