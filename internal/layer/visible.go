package layer

import "os"

// Visible leaves out the layers below one whose own root is marked as opaque:
// overlayfs reads that mark in directories, but not of a layer's root. layers
// are directories, the topmost first.
func Visible(layers []string) ([]string, error) {
	for i, l := range layers {
		f, err := os.Open(l)
		if err != nil {
			return nil, err
		}
		v := opaqueValue(f)
		if err := f.Close(); err != nil {
			return nil, err
		}
		if v == "y" {
			return layers[:i+1], nil
		}
	}
	return layers, nil
}
