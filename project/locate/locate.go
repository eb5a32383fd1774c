package locate

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Query is what a command knows before it looks for files.
type Query struct {
	Files      []string // -f; "-" is the standard input
	ProjectDir string   // --project-directory
	EnvFiles   []string // --env-file
	Environ    []string // KEY=VALUE of the process
	Cwd        string   // absolute; "" = the process's
	// Seekable refuses, with ErrOnce and before it is read, what can be read once only
	// (pipes, terminals): for whoever only tries, and leaves the rest to another.
	Seekable bool
}

// Result is where a project is.
type Result struct {
	// Files are the absolute compose files in order; "-" stays "-".
	Files []string
	// Dir is the absolute project directory.
	Dir string
	// Env is Environ with the .env files merged below it.
	Env map[string]string
	// EnvFiles are the absolute .env files that were read.
	EnvFiles []string
	// Once is what was read of those among them that can be read once only.
	Once map[string][]byte
	// Cwd is the absolute working directory that relative paths began at.
	Cwd string
	// Name is the project's name if the environment gives it.
	Name string
	// Warnings are lines for the user.
	Warnings []string
}

// ErrNoFile is returned when no compose file was named or found.
var ErrNoFile = errors.New("no configuration file provided: not found")

// ErrOnce is the error for a file that can be read once only, where that is not to be done.
var ErrOnce = errors.New("it can be read once only")

// File names that are looked for, in order of preference (compose
// specification, section "The Compose application model").
var (
	DefaultNames  = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	OverrideNames = []string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)

// Find looks for the compose files. Result is filled as far as known also
// when the error is ErrNoFile, for commands that work with a name alone.
func Find(q Query) (Result, error) {
	if q.Cwd == "" {
		wd, err := os.Getwd()
		if err != nil {
			return Result{}, fmt.Errorf("find the working directory: %w", err)
		}
		q.Cwd = wd
	}
	f := &finder{q: q, r: Result{Cwd: q.Cwd, Env: environ(q.Environ, q.Cwd), Once: map[string][]byte{}}}
	err := f.run()
	f.r.Name = f.r.Env["COMPOSE_PROJECT_NAME"]
	return f.r, err
}

type finder struct {
	q Query
	r Result
}

// run reads .env twice, as docker compose does: the one beside the user may
// set COMPOSE_FILE, which may move the project directory, which may have its own.
func (f *finder) run() error {
	for _, file := range f.q.Files {
		f.r.Files = append(f.r.Files, f.abs(file))
	}
	f.r.Dir = f.dir()
	if err := f.readEnv(); err != nil {
		return err
	}
	if len(f.r.Files) == 0 {
		if err := f.fromEnv(); err != nil {
			return err
		}
	}
	if len(f.r.Files) == 0 {
		f.r.Dir = f.dir()
		f.search()
	}
	f.r.Dir = f.dir()
	if err := f.readEnv(); err != nil {
		return err
	}
	if len(f.r.Files) == 0 {
		return ErrNoFile
	}
	return nil
}

func (f *finder) abs(p string) string {
	if p == "-" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(f.q.Cwd, p)
}

// dir is the project directory as far as known: the flag, else the directory
// of the first file that has one, else the working directory.
func (f *finder) dir() string {
	if f.q.ProjectDir != "" {
		return f.abs(f.q.ProjectDir)
	}
	for _, file := range f.r.Files {
		if !descriptor(file) {
			return filepath.Dir(file)
		}
	}
	return f.q.Cwd
}

// descriptor reports that a name stands for an open file, as that of -f <(…) does, and that
// of standard input: what is beside it has nothing to do with a project.
func descriptor(file string) bool {
	return file == "-" || file == "/dev/stdin" || strings.HasPrefix(file, "/dev/fd/") || strings.HasPrefix(file, "/proc/")
}

func (f *finder) fromEnv() error {
	list, ok := f.r.Env["COMPOSE_FILE"]
	if !ok {
		return nil
	}
	sep := f.r.Env["COMPOSE_PATH_SEPARATOR"]
	if sep == "" {
		sep = string(os.PathListSeparator)
	}
	for _, name := range strings.Split(list, sep) {
		path := f.abs(name)
		if path != "-" {
			info, err := os.Stat(path)
			if err == nil && info.IsDir() {
				err = errors.New("it is a directory")
			}
			if err != nil {
				return fmt.Errorf("compose file %q set by COMPOSE_FILE: %w", name, err)
			}
		}
		f.r.Files = append(f.r.Files, path)
	}
	return nil
}

// search goes from the project directory upwards to the first directory that
// has a file with a default name.
func (f *finder) search() {
	for dir := f.r.Dir; ; dir = filepath.Dir(dir) {
		found := existing(dir, DefaultNames)
		if len(found) > 0 {
			f.take(found, "config")
			f.take(existing(dir, OverrideNames), "override")
			return
		}
		if dir == filepath.Dir(dir) {
			return
		}
	}
}

func (f *finder) take(found []string, kind string) {
	if len(found) == 0 {
		return
	}
	if len(found) > 1 {
		f.r.Warnings = append(f.r.Warnings,
			"Found multiple "+kind+" files with supported names: "+strings.Join(found, ", "),
			"Using "+found[0])
	}
	f.r.Files = append(f.r.Files, found[0])
}

func existing(dir string, names []string) (found []string) {
	for _, n := range names {
		path := filepath.Join(dir, n)
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	return found
}

// readEnv merges the .env files; what the environment already has wins.
func (f *finder) readEnv() error {
	files, err := f.envFiles()
	if err != nil {
		return err
	}
	vars := map[string]string{}
	lookup := func(name string) (string, bool) {
		v, ok := f.r.Env[name]
		return v, ok
	}
	for _, file := range files {
		data, err := f.readEnvFile(file)
		if err != nil {
			return fmt.Errorf("read env file: %w", err)
		}
		if err := parseEnv(string(data), vars, lookup); err != nil {
			return fmt.Errorf("env file %s: %w", file, err)
		}
	}
	for k, v := range vars {
		if _, set := f.r.Env[k]; !set {
			f.r.Env[k] = v
		}
	}
	f.r.EnvFiles = files
	return nil
}

// readEnvFile reads a file of bounded size. It may be a pipe, as that of --env-file <(…) and
// those that keepers of passwords offer in place of a .env: such a one is read once.
func (f *finder) readEnvFile(name string) ([]byte, error) {
	if data, ok := f.r.Once[name]; ok {
		return data, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	once := !info.Mode().IsRegular() && !info.IsDir()
	if once && f.q.Seekable {
		return nil, fmt.Errorf("%s: %w", name, ErrOnce)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxEnvFile+1))
	if err == nil && len(data) > MaxEnvFile {
		err = fmt.Errorf("%s: it is larger than %d MiB", name, MaxEnvFile>>20)
	}
	if err == nil && once {
		f.r.Once[name] = data
	}
	return data, err
}

// envFiles are those of the flag, else of COMPOSE_ENV_FILES, else .env in the
// project directory unless COMPOSE_DISABLE_ENV_FILE is true.
func (f *finder) envFiles() ([]string, error) {
	names := f.q.EnvFiles
	env := environ(f.q.Environ, f.q.Cwd)
	if list := env["COMPOSE_ENV_FILES"]; len(names) == 0 && list != "" {
		names = strings.Split(list, ",")
	}
	var files []string
	for _, n := range names {
		files = append(files, f.abs(n))
	}
	if len(files) > 0 {
		return files, nil
	}
	if v, ok := env["COMPOSE_DISABLE_ENV_FILE"]; ok {
		off, err := strconv.ParseBool(v)
		if err != nil {
			return nil, fmt.Errorf("COMPOSE_DISABLE_ENV_FILE=%s: not a boolean: use true or false", v)
		}
		if off {
			return nil, nil
		}
	}
	path := filepath.Join(f.r.Dir, ".env")
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return nil, nil
	case os.IsPermission(err):
		f.r.Warnings = append(f.r.Warnings, fmt.Sprintf("cannot access %s, ignoring default env file: %v", path, err))
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for the default env file: %w", err)
	case info.IsDir():
		return nil, nil
	}
	return []string{path}, nil
}

// environ turns KEY=VALUE lines into a map. PWD is always set, since files
// use it and a service manager's environment may lack it.
func environ(lines []string, cwd string) map[string]string {
	env := make(map[string]string, len(lines)+8)
	for _, l := range lines {
		if k, v, ok := strings.Cut(l, "="); ok {
			env[k] = v
		}
	}
	if _, ok := env["PWD"]; !ok {
		env["PWD"] = cwd
	}
	return env
}
