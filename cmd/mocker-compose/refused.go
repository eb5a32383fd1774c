package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// refusal is a command of docker compose that makes no sense here: why, and what to
// do instead.
type refusal struct {
	use, reason, instead string
	flags                string // as in reference: a script that uses them gets the reason, not a complaint
	hidden               bool
}

// refusals are the commands that are known and refused, by their place in the tree.
var refusals = map[string]refusal{
	"publish": {
		use: "publish [OPTIONS] REPOSITORY[:TAG]", flags: "app insecure-registry oci-version= resolve-image-digests with-env yes,y",
		reason:  "compose files are not put into registries, which nothing here reads them from",
		instead: "share the output of: mocker-compose config --resolve-image-digests, and push the images with: mocker-compose push",
	},
	"alpha publish": {
		use: "publish [OPTIONS] REPOSITORY[:TAG]", flags: "app insecure-registry oci-version= resolve-image-digests with-env yes,y",
		reason:  "compose files are not put into registries, which nothing here reads them from",
		instead: "share the output of: mocker-compose config --resolve-image-digests, and push the images with: mocker-compose push",
	},
	"alpha dry-run": {
		use:     "dry-run -- [COMMAND...]",
		reason:  "docker compose has moved it to a flag",
		instead: "put it before the command: mocker-compose --dry-run up",
	},
	"alpha generate": {
		use: "generate [OPTIONS] [CONTAINERS...]", flags: "format= name= project-dir=",
		reason:  "it makes a file of containers that a docker daemon runs; ours all come from a file",
		instead: "print what a project runs with: mocker-compose -p NAME config",
	},
	"bridge convert": {
		use: "convert", flags: "output,o= templates= transformation,t=",
		reason:  "it runs programs in images of docker's that make manifests for other platforms",
		instead: "hand the output of mocker-compose config to a converter, such as kompose: kompose convert -f FILE",
	},
	"bridge transformations create": {
		use: "create [OPTION] PATH", flags: "from,f=",
		reason: "transformations belong to bridge convert, which is not here", instead: "see: mocker-compose bridge convert",
	},
	"bridge transformations list": {
		use: "list", flags: "format= quiet,q",
		reason: "transformations belong to bridge convert, which is not here", instead: "see: mocker-compose bridge convert",
	},
}

// refuse makes the command of a refusal.
func refuse(path string) *cobra.Command {
	r := refusals[path]
	c := &cobra.Command{
		Use: r.use, Short: "Not here: " + r.reason,
		Long: "Not here: " + r.reason + ".\nInstead, " + r.instead + ".",
		Args: cobra.ArbitraryArgs,
		RunE: func(*cobra.Command, []string) error {
			return &client.ExitError{Code: 1, Err: fmt.Errorf("%s: %s", path, r.reason), Hint: "instead, " + r.instead}
		},
	}
	for _, f := range parseFlags(r.flags) {
		if f.value {
			c.Flags().StringP(f.name, f.short, "", "")
		} else {
			c.Flags().BoolP(f.name, f.short, false, "")
		}
		_ = c.Flags().MarkHidden(f.name) // it fails only for a flag that does not exist
	}
	return c
}

// alpha has docker compose's experiments, under their old names.
func (a *app) alpha() *cobra.Command {
	viz := a.graph()
	viz.Use, viz.Aliases = "viz [OPTIONS]", nil
	c := group("alpha", "Commands of docker compose that were experiments",
		"docker compose's experiments, under their old names: each is here under its own, or is refused with a reason.",
		viz, a.scale(), a.watch(), refuse("alpha dry-run"), refuse("alpha generate"), refuse("alpha publish"))
	c.Hidden = true
	return c
}

// bridge has docker compose's converters to other platforms, which are refused.
func (a *app) bridge() *cobra.Command {
	list := refuse("bridge transformations list")
	list.Aliases = []string{"ls"}
	long := "Not here: " + refusals["bridge convert"].reason + ".\nInstead, " + refusals["bridge convert"].instead + "."
	return group("bridge", "Not here: converters to other platforms", long, refuse("bridge convert"),
		group("transformations", "Not here: transformations of bridge convert", long, refuse("bridge transformations create"), list))
}
