package build

import "github.com/mocker-compose/mocker-compose/internal/image/config"

// Graph is all that has to be done for one target.
type Graph struct {
	Stages []Stage // a stage stands after those that it uses; the last is the target
	// Warnings are what the reader of the Dockerfile has to say, with file and line.
	Warnings []string
}

// Stage is what stands between two FROM.
type Stage struct {
	Name  string // as in the Dockerfile, or its number
	Base  Base
	Steps []Step
	// Image is the configuration after the last step. RootFS and History are left
	// to who knows the layers; Created too.
	Image config.File
}

// Base is what a stage starts from: scratch, if nothing is set.
type Base struct {
	Stage *int   // index in Graph.Stages
	Image *Image // an image of the store
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
	Text       string // as it is shown: "RUN apt-get update"
	CreatedBy  string // as docker writes it into the image's history
	Run        *Run
	Copy       *Copy
	MakeDir    *MakeDir
}

// Empty reports that the step makes no layer.
func (s *Step) Empty() bool { return s.Run == nil && s.Copy == nil && s.MakeDir == nil }

// MakeDir is WORKDIR: the directory is made, with parents, if it is not there.
type MakeDir struct {
	Path string // absolute
	User string // whose it becomes, as USER says; "" = root
}

// Source is where files come from: one of the fields, or the context named
// "" (the build's own) if none is set.
type Source struct {
	Stage   *int
	Image   *Image
	Context string // of additional_contexts
}

// File is a here-document.
type File struct {
	Name string
	Data string
	Mode uint32 // 0 = 0644
}
