package providers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// systemPlugins is where packages put plugins of docker's command.
var systemPlugins = []string{"/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins"}

// find is the program of a type.
func (r *Runner) find(kind string) (string, error) {
	get := func(name string) (value string) {
		for _, e := range r.Environ {
			if v, ok := strings.CutPrefix(e, name+"="); ok {
				value = v
			}
		}
		return value
	}
	own := get("DOCKER_CONFIG")
	if own == "" {
		own = filepath.Join(get("HOME"), ".docker")
	}
	if !strings.Contains(kind, "/") {
		for _, dir := range append([]string{filepath.Join(own, "cli-plugins")}, systemPlugins...) {
			if path := filepath.Join(dir, "docker-"+kind); filepath.IsAbs(path) && executable(path) {
				return path, nil
			}
		}
	}
	for _, name := range []string{kind, "docker-" + kind} {
		path, err := exec.LookPath(name)
		if err == nil {
			return filepath.Abs(path)
		}
		if errors.Is(err, exec.ErrDot) {
			return "", fmt.Errorf("%s is found by an entry of PATH that is no absolute path: write ./%s", kind, kind)
		}
		if strings.Contains(kind, "/") {
			return "", fmt.Errorf("there is no program %s that you may execute: %w", kind, errors.Unwrap(err))
		}
	}
	return "", fmt.Errorf("there is no program for it: put docker-%s into %s, or %s into a directory of PATH", kind, filepath.Join(own, "cli-plugins"), kind)
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
