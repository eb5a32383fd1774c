package build

import (
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// Graph is all that has to be done for one target.
type Graph struct {
	Stages []Stage // a stage stands after those that it uses; the last is the target
	// Warnings are what the reader of the Dockerfile has to say.
	Warnings []Warning `json:",omitempty"`
	// Epoch is the build argument SOURCE_DATE_EPOCH, or an ARG's default before the first FROM.
	Epoch *time.Time `json:",omitempty"`
	// File and Source are the Dockerfile's name and content, for the errors of its
	// steps: see dockerfile.Excerpt.
	File   string `json:"-"`
	Source []byte `json:"-"`
}

// Warning is what a rule of Dockerfiles has to say.
type Warning struct {
	Rule        string // "JSONArgsRecommended"
	Text        string
	Description string `json:"-"` // of the rule
	URL         string `json:"-"` // of the rule's page
	Line, Last  int    // 0: of the file as a whole
}

// String is the short form, as docker prints it after a build.
func (w Warning) String() string {
	if w.Line == 0 {
		return w.Rule + ": " + w.Text
	}
	return fmt.Sprintf("%s: %s (line %d)", w.Rule, w.Text, w.Line)
}

// Stage is what stands between two FROM.
type Stage struct {
	Name  string // as in the Dockerfile, or "stage-N"; "" if there is only one
	Base  Base
	Line  int    // of FROM
	Text  string // of FROM, as it is shown: "FROM docker.io/library/nginx:1.27"
	Total int    // how many steps are shown: see Step.Number
	Steps []Step
	// Image is the configuration after the last step. RootFS and History are the base
	// image's; the steps' are left to who knows the layers, as is Created.
	Image config.File
}

// Base is what a stage starts from: scratch, if nothing is set.
type Base struct {
	Stage *int   `json:",omitempty"` // index in Graph.Stages
	Image *Image `json:",omitempty"` // an image of the store
}

// Image is an image of the store.
type Image struct {
	Ref    string      // as it was asked for
	ID     string      // digest of its configuration
	Layers []string    // keys of its layers in the store, base first
	File   config.File // its configuration
}

// Step is an instruction.
type Step struct {
	Line, Last int    // first and last line in the Dockerfile, from 1
	Number     int    // as buildx counts in a stage: a base image is 1; 0: it is not shown
	Text       string // as it is shown: "RUN apt-get update"
	CreatedBy  string // as docker writes it into the image's history
	// Unlisted steps have no line in the image's history: ONBUILD, a context as a base.
	Unlisted bool     `json:",omitempty"`
	Run      *Run     `json:",omitempty"`
	Copy     *Copy    `json:",omitempty"`
	MakeDir  *MakeDir `json:",omitempty"`
}

// HistoryComment is that of every step in an image's history.
const HistoryComment = "buildkit.dockerfile.v0"

// Empty reports that the step makes no layer.
func (s *Step) Empty() bool { return s.Run == nil && s.Copy == nil && s.MakeDir == nil }

// MakeDir is WORKDIR: the directory is made, with parents, if it is not there.
type MakeDir struct {
	Path string // absolute
	User string `json:",omitempty"` // whose it becomes, as USER says; "" = root
}

// Source is where files come from: one of the fields, or the context named
// "" (the build's own) if none is set.
type Source struct {
	Stage   *int   `json:",omitempty"`
	Image   *Image `json:",omitempty"`
	Context string `json:",omitempty"` // of additional_contexts, a directory
	Scratch bool   `json:",omitempty"` // nothing at all: FROM scratch without steps
}

// File is a here-document.
type File struct {
	Name string
	Data string
	Mode uint32 `json:",omitempty"` // 0 = 0644
}
