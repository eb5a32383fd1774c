package internal_test

// What the commits that follow import: the module graph changes once.
import (
	_ "github.com/google/go-containerregistry/pkg/registry"
)
