package internal_test

// What the commits that follow import: the module graph changes once.
import (
	_ "github.com/BurntSushi/toml"
	_ "github.com/google/go-containerregistry/pkg/authn"
	_ "github.com/google/go-containerregistry/pkg/registry"
	_ "github.com/google/go-containerregistry/pkg/v1/remote"
)
