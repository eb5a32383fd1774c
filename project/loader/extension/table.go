package extension

import (
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/userspec"
	"github.com/mocker-compose/mocker-compose/project"
)

// Name is the key that is ours.
const Name = "x-mocker"

// Kind is the type of a value.
type Kind uint8

// The kinds.
const (
	Bool     Kind = iota
	Number        // a whole one, within Min and Max
	Text          // what Check lets through
	Word          // one of Words
	Size          // bytes, as in mem_limit
	Duration      // as in healthcheck
	Texts         // a mapping of texts
	Mapping       // a mapping of Keys
)

// Key is a row of the table.
type Key struct {
	Name     string
	Kind     Kind
	Words    []string // Word: what is allowed
	Min, Max int64    // Number
	// Check tells what is wrong with a scalar, and the remedy; "" = nothing.
	Check func(text string) (wrong, remedy string)
	// Short: a scalar may stand in the place of the mapping; Check looks at it.
	Short bool
	Keys  []Key // Mapping
	// One: exactly one of these of Keys must be there.
	One []string
	// Needed: these of Keys must be there.
	Needed  []string
	Default string // in words, "" = nothing
	Example string // in YAML, in one line
	Doc     string // one sentence for the reference, or more
}

// top is the table of the top level.
func top() []Key {
	var uplinks []string
	for _, u := range project.Uplinks() {
		uplinks = append(uplinks, string(u))
	}
	return []Key{{
		Name: "uplink", Kind: Word, Words: uplinks, Default: "`relay`, or what `--uplink` and `MOCKER_UPLINK` say", Example: "uplink: pasta", Check: isUplink,
		Doc: "The way out of the project's networks ([network.md](network.md)).",
	}}
}

// service is the table of a service.
func service() []Key {
	return []Key{
		{
			Name: "host_loopback", Kind: Bool, Default: "`false`", Example: "host_loopback: true",
			Doc: "What the service sends to `host-gateway` reaches servers on this machine that listen on 127.0.0.1 only. It needs an entry of `extra_hosts` with `host-gateway`.",
		},
		{
			Name: "memory_high", Kind: Size, Example: "memory_high: 200m",
			Doc: "From this much memory on the service is slowed down and its memory is reclaimed (memory.high), before `mem_limit` ends it ([limits.md](limits.md)).",
		},
		{
			Name: "own_files", Kind: Text, Default: "found out: see [files.md](files.md#files-you-own)", Example: "own_files: postgres", Check: isOwner,
			Doc: "Whose files in bind mounts are yours on this machine: those of this user of the container, by name or number; `true`: of the user that the service runs as; `false`: of root, as with any other service.",
		},
		ready(),
	}
}

// model is the table of a model.
func model() []Key {
	return []Key{{
		Name: "endpoint", Kind: Text, Example: "endpoint: http://ollama:11434/v1/", Check: isAddress,
		Doc: "Where the model is served, for the variable that tells the services which use it ([compose-file.md](compose-file.md#models)).",
	}}
}

func isAddress(text string) (wrong, remedy string) {
	if !strings.Contains(text, "://") {
		return text + " is not an address", "write it as http://HOST:PORT/v1/"
	}
	return "", ""
}

func isUplink(text string) (wrong, remedy string) {
	if _, err := project.ParseUplink(text); err != nil {
		return err.Error(), ""
	}
	return "", ""
}

// isOwner lets through a user as in `user`, and what else own_files may be.
func isOwner(text string) (wrong, remedy string) {
	if text == project.OwnFilesOn || text == project.OwnFilesOff {
		return "", ""
	}
	const how = "write the user that the service runs as, such as postgres or 999, or true or false"
	if _, err := userspec.Parse(text); err != nil {
		return err.Error(), how
	}
	if name, _, _ := strings.Cut(text, ":"); name == "root" || strings.Trim(name, "0") == "" {
		return "root's files are yours without it", how
	}
	return "", ""
}

// maxExpression bounds an expression, in bytes: what it compiles to stays far below a
// megabyte.
const maxExpression = 1024

// isExpression lets through what RE2 compiles.
func isExpression(text string) (wrong, remedy string) {
	const how = `write an expression as grep -E has it, such as "ready to accept|listening on" (https://github.com/google/re2/wiki/Syntax)`
	if len(text) > maxExpression {
		return fmt.Sprintf("the expression is longer than %d bytes", maxExpression), "match less of the line"
	}
	if _, err := syntax.Parse(text, syntax.Perl); err != nil {
		return err.Error(), how
	}
	return "", ""
}
