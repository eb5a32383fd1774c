package loader

import (
	"io"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/locate"
)

// Options say what to load.
type Options struct {
	Files       []string // -f; "-" is Stdin; empty = look for the default names
	ProjectDir  string   // --project-directory
	ProjectName string   // -p
	Profiles    []string // --profile; empty = COMPOSE_PROFILES
	EnvFiles    []string // --env-file
	Environ     []string // KEY=VALUE of the process
	WorkingDir  string   // absolute; "" = the process's
	Services    []string // services named on the command line: their profiles are active
	// NoInterpolate leaves variables as they are. Then only Config works:
	// Loaded.Project and Loaded.Model are nil.
	NoInterpolate bool
	// Tolerant is for commands that print or look up what the files say: what
	// this machine or we cannot do (an image to pull, a missing directory) is
	// told in Project.Notices only. Such a project must not be brought up.
	Tolerant bool
	// AllResources keeps networks and volumes that no service uses.
	AllResources bool
	// Compatibility makes container names with "_"; so does COMPOSE_COMPATIBILITY.
	Compatibility bool
	// View is for config alone, which prints the files half-read.
	View   View
	Stdin  io.Reader // nil = none
	OneOff *OneOff   // makes Loaded.OneOff
}

// View says what of a load is left out. With any of it, Loaded.Project is nil.
type View struct {
	NoNormalize   bool // no default networks, no names, no paths of build files
	NoConsistency bool // what contradicts itself is no error
	NoPaths       bool // relative paths stay as they are
	NoEnv         bool // env_file is not read
}

func (o Options) query() locate.Query {
	return locate.Query{Files: o.Files, ProjectDir: o.ProjectDir, EnvFiles: o.EnvFiles, Environ: o.Environ, Cwd: o.WorkingDir}
}

// Loaded is a loaded set of compose files.
type Loaded struct {
	// Project is what we run.
	Project *project.Project
	// Model is compose-go's view, for config.
	Model *types.Project
	// OneOff is the service of Options.OneOff as its container has it.
	OneOff *project.Service
	// Env is the environment that variables were taken from.
	Env map[string]string
	// Warnings are lines for the user, without "WARNING".
	Warnings []string

	dict map[string]any // with NoInterpolate
	view View
}
