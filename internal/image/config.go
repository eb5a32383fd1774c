package image

import (
	"time"
)

// Config is what a container takes over of an image's configuration (OCI image
// specification, config.md; Healthcheck is docker's). Nothing in it is trusted:
// it is checked for size and form when the image is loaded, and means something
// only inside a container.
type Config struct {
	User         string            `json:"user,omitempty"`
	ExposedPorts []string          `json:"exposed_ports,omitempty"` // "80/tcp", sorted
	Env          []string          `json:"env,omitempty"`           // "NAME=value"
	Entrypoint   []string          `json:"entrypoint,omitempty"`
	Cmd          []string          `json:"cmd,omitempty"`
	Volumes      []string          `json:"volumes,omitempty"`     // absolute, clean, sorted
	WorkingDir   string            `json:"working_dir,omitempty"` // absolute, clean, or ""
	Labels       map[string]string `json:"labels,omitempty"`
	StopSignal   string            `json:"stop_signal,omitempty"` // "SIGQUIT", "3"
	Shell        []string          `json:"shell,omitempty"`       // for the string form of a health check
	OnBuild      []string          `json:"on_build,omitempty"`
	Healthcheck  *Healthcheck      `json:"healthcheck,omitempty"`
}

// Healthcheck is an image's HEALTHCHECK. A duration or number of zero means
// docker's default.
type Healthcheck struct {
	Test          []string      `json:"test,omitempty"` // {"CMD", ...}, {"CMD-SHELL", line} or {"NONE"}
	Interval      time.Duration `json:"interval,omitempty"`
	Timeout       time.Duration `json:"timeout,omitempty"`
	StartPeriod   time.Duration `json:"start_period,omitempty"`
	StartInterval time.Duration `json:"start_interval,omitempty"`
	Retries       int           `json:"retries,omitempty"`
}

// Image is an image in the store.
type Image struct {
	ID           string    `json:"id"`                 // "sha256:<hex>", the digest of the configuration: docker's image id
	Names        []string  `json:"names,omitempty"`    // familiar form "nginx:1.27", sorted
	Digests      []string  `json:"digests,omitempty"`  // "nginx@sha256:<hex>" of the manifest, where there was one
	Manifest     string    `json:"manifest,omitempty"` // "sha256:<hex>" of the manifest that is kept
	Created      time.Time `json:"created"`
	Loaded       time.Time `json:"loaded"` // when it came into the store
	Size         int64     `json:"size"`   // bytes of all unpacked layers
	OS           string    `json:"os"`
	Architecture string    `json:"architecture"`
	Variant      string    `json:"variant,omitempty"`
	Author       string    `json:"author,omitempty"`
	Layers       []string  `json:"layers"` // keys of the layers in the store, base first
	Config       Config    `json:"config"`
}
