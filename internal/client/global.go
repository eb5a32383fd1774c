package client

import (
	"fmt"

	"github.com/spf13/pflag"
)

// Global are the flags before the command's name.
type Global struct {
	Files       []string
	ProjectName string
	Profiles    []string
	EnvFiles    []string
	ProjectDir  string
	Progress    string // auto, plain, tty, json, quiet
	Ansi        string // never, always, auto
	Parallel    int    // most operations at a time, -1 = no limit
	Verbose     bool
	DryRun      bool // say what would be done, and do nothing
}

// Register defines the flags in fs.
func (g *Global) Register(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&g.Files, "file", "f", nil, "compose `FILE`; repeat to merge, - reads standard input")
	fs.StringVarP(&g.ProjectName, "project-name", "p", "", "project `NAME`; with it, most commands need no file")
	fs.StringArrayVar(&g.Profiles, "profile", nil, "enable the services of a `PROFILE`")
	fs.StringArrayVar(&g.EnvFiles, "env-file", nil, "read variables from `FILE` instead of .env")
	fs.StringVar(&g.ProjectDir, "project-directory", "", "take relative paths from `DIR` (default: the first file's directory)")
	fs.StringVar(&g.Progress, "progress", "auto", "how progress is shown: auto, plain, tty, json, quiet")
	fs.StringVar(&g.Ansi, "ansi", "auto", "colours: never, always, auto")
	fs.IntVar(&g.Parallel, "parallel", -1, "most operations at a time, -1 for no limit")
	fs.BoolVar(&g.Verbose, "verbose", false, "say more")
}

// Check refuses values that mean nothing.
func (g *Global) Check() error {
	switch g.Progress {
	case "", "auto", "plain", "tty", "json", "quiet":
	default:
		return fmt.Errorf("unsupported --progress value %q: use auto, plain, tty, json or quiet", g.Progress)
	}
	switch g.Ansi {
	case "", "auto", "never", "always":
	default:
		return fmt.Errorf("invalid value for --ansi: %q: use never, always or auto", g.Ansi)
	}
	if g.ProjectName != "" {
		return CheckName(g.ProjectName)
	}
	return nil
}
