package client

import (
	"errors"
	"fmt"
	"strconv"

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

	AllResources  bool // networks and volumes that no service uses count too
	Compatibility bool // names as docker-compose 1 made them

	noAnsi             bool // old names, which still work
	workDir            string
	insecureRegistries []string
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
	fs.BoolVar(&g.DryRun, "dry-run", false, "say what would be done, and do nothing")
	fs.BoolVar(&g.Verbose, "verbose", false, "say more")
	fs.BoolVar(&g.AllResources, "all-resources", false, "include networks and volumes that no service uses")
	fs.BoolVar(&g.Compatibility, "compatibility", false, "name containers and images with _ in place of -")
	fs.BoolVar(&g.noAnsi, "no-ansi", false, "")
	fs.StringVar(&g.workDir, "workdir", "", "")
	fs.StringArrayVar(&g.insecureRegistries, "insecure-registry", nil, "")
	for _, old := range []string{"no-ansi", "workdir", "insecure-registry"} {
		_ = fs.MarkHidden(old) // it fails only for a flag that does not exist
	}
}

// Old reports that flags are given whose names are not used any more, or that have
// no effect: [Env.Settings] says so.
func (g *Global) Old() bool { return g.noAnsi || g.workDir != "" || len(g.insecureRegistries) > 0 }

// Settings refuses values that mean nothing, alone or together, and gives old flags
// their new names. The environment counts where no flag is given.
func (e *Env) Settings() error {
	g := &e.Global
	if err := g.modernise(e); err != nil {
		return err
	}
	progress := g.Progress
	if progress == "" || progress == "auto" {
		progress = e.Getenv("COMPOSE_PROGRESS")
	}
	switch progress {
	case "", "auto", "plain", "tty", "json", "quiet", "none":
	default:
		return fmt.Errorf("unsupported --progress value %q: use auto, plain, tty, json or quiet", progress)
	}
	switch g.Ansi {
	case "", "auto", "never", "always":
	default:
		return fmt.Errorf("invalid value for --ansi: %q: use never, always or auto", g.Ansi)
	}
	switch ansi := e.ansi(); {
	case progress == "tty" && ansi == "never":
		return errors.New("can't use --progress tty while ANSI support is disabled")
	case progress == "plain" && ansi == "always":
		return errors.New("can't use --progress plain while ANSI support is forced")
	}
	if text := e.Getenv("COMPOSE_PARALLEL_LIMIT"); text != "" {
		if _, err := strconv.Atoi(text); err != nil {
			return fmt.Errorf("COMPOSE_PARALLEL_LIMIT must be an integer (found: %q)", text)
		}
	}
	if g.ProjectName != "" {
		return CheckName(g.ProjectName)
	}
	return nil
}

// modernise takes old flags for their new names.
func (g *Global) modernise(e *Env) error {
	if g.noAnsi {
		if g.Ansi != "" && g.Ansi != "auto" {
			return errors.New(`cannot specify DEPRECATED "--no-ansi" and "--ansi": use only "--ansi"`)
		}
		g.Ansi = "never"
		e.Warn("--no-ansi is deprecated: use --ansi never")
	}
	if g.workDir != "" {
		if g.ProjectDir != "" {
			return errors.New(`cannot specify DEPRECATED "--workdir" and "--project-directory": use only "--project-directory"`)
		}
		g.ProjectDir = g.workDir
		e.Warn("--workdir is deprecated: use --project-directory")
	}
	if len(g.insecureRegistries) > 0 {
		e.Warn("--insecure-registry has no effect: compose files are not got from registries")
	}
	return nil
}

// Parallel is how much is done at the same time: --parallel, else
// COMPOSE_PARALLEL_LIMIT, which Settings has seen; -1 for no limit.
func (e *Env) Parallel() int {
	n := e.Global.Parallel
	if limit, err := strconv.Atoi(e.Getenv("COMPOSE_PARALLEL_LIMIT")); err == nil && n <= 0 {
		n = limit
	}
	if n <= 0 {
		return -1
	}
	return n
}
