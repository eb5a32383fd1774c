package dockerfile

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// Input is a Dockerfile with all that its meaning depends on.
type Input struct {
	Name   string // for messages: "Dockerfile", as the user wrote it
	Data   []byte
	Target string // name or number of a stage, "" = the last one
	// Args are the build arguments. One without a value takes it from Env, and is not
	// given if it is not there.
	Args   map[string]*string
	Env    func(name string) (string, bool)
	Labels map[string]string // added to the image, over those of the file
	// Platform is what the image is for, "linux/arm64/v8"; "" = this machine's.
	Platform string
	// Contexts are the additional ones; one with the name of a stage or of an image
	// stands in its place.
	Contexts map[string]Context
	// Images finds images of the store, or gets them there. It is called from several
	// goroutines.
	Images func(ctx context.Context, ref, platform string) (*build.Image, error)
	// Ignored are the patterns of the ignore file, for warnings only; may be nil.
	Ignored []string
}

// Context is an additional one: a directory (or what is fetched into one), or an image.
type Context struct {
	Image string // its reference; "" = files
}

// Bounds of what a Dockerfile may ask for. They are far above what people write.
const (
	maxFile         = 1 << 20   // bytes
	maxInstructions = 4000      // triggers of base images among them
	maxVariables    = 4000      // in one scope
	maxValue        = 128 << 10 // bytes of one variable: what execve(2) takes (MAX_ARG_STRLEN)
	maxWord         = 128 << 10 // bytes of an instruction's word that has variables
	maxExpanded     = 4 << 20   // bytes that a word may expand to
	maxNesting      = 100       // of ${...} in ${...}
	maxPorts        = 1 << 16   // of one EXPOSE
	imagesAtOnce    = 8
)
