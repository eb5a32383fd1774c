package client

import (
	"path/filepath"
	"slices"
	"strings"
)

// Ours is the program's own name.
const Ours = "mocker-compose"

// PluginMetadata is the argument with which docker's command line asks a plugin who it
// is (docker/cli, cli-plugins/metadata).
const PluginMetadata = "docker-cli-plugin-metadata"

// Program is what the user calls us by: "mocker-compose", "docker-compose" where a file
// of that name is run, or "docker compose" where docker's command line runs it. It is
// for texts alone. [Arguments] sets it.
var Program = Ours

// dockerFlags are the flags that docker's command line has before the name of a
// plugin, and whether they take a value. They mean nothing here, where there is no
// docker.
var dockerFlags = map[string]bool{
	"--debug": false, "-D": false, "--tls": false, "--tlsverify": false, "--config": true, "--context": true, "-c": true,
	"--host": true, "-H": true, "--log-level": true, "-l": true, "--tlscacert": true, "--tlscert": true, "--tlskey": true,
}

// Arguments takes a process's arguments for ours: without the program, and where we are
// a plugin of docker's, without what stands before our part of the command line.
func Arguments(argv []string) []string {
	if len(argv) == 0 {
		return nil
	}
	args := argv[1:]
	if filepath.Base(argv[0]) != "docker-compose" {
		return args
	}
	Program = "docker-compose"
	asked := 0
	if len(args) > 0 && completing(args[0]) {
		asked = 1
	}
	for i := asked; i < len(args); i++ {
		if args[i] == "compose" {
			Program = "docker compose"
			return slices.Concat(args[:asked], args[i+1:])
		}
		name, _, inOne := strings.Cut(args[i], "=")
		value, known := dockerFlags[name]
		if !known {
			break
		}
		if value && !inOne {
			i++
		}
	}
	return args
}

// completing: cobra's commands that scripts of shells run.
func completing(arg string) bool { return arg == "__complete" || arg == "__completeNoDesc" }

// Said replaces our own name in a text by what the user calls us by.
func Said(text string) string {
	if Program == Ours {
		return text
	}
	return strings.ReplaceAll(text, Ours+" ", Program+" ")
}
