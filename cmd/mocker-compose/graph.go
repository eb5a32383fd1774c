package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/graph"
)

// graphOptions are the flags of graph.
type graphOptions struct {
	graph.Options
	format string
	size   int
	spaces bool
}

func (a *app) graph() *cobra.Command {
	o := &graphOptions{}
	c := &cobra.Command{
		Use: "graph [OPTIONS] [SERVICE...]", Aliases: []string{"viz"}, Short: "Draw which service waits for which",
		Long: `Draw which service waits for which, and for what: a tree, or a drawing for graphviz,
for pages that show mermaid, or for programs. Where the project runs, each service has
its state. With services, only those and what they depend on.
Under the name viz, docker compose's, the format is dot unless another is asked for.`,
		Example: `  mocker-compose graph --ports --networks
  mocker-compose graph --format dot | dot -Tsvg > graph.svg
  mocker-compose graph --format mermaid web`,
		RunE: func(c *cobra.Command, services []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			if o.format == "" && c.CalledAs() == "viz" {
				o.format = "dot"
			}
			return a.drawGraph(ctx, o, services)
		},
	}
	f := c.Flags()
	f.StringVar(&o.format, "format", "", "ascii, dot, mermaid or json (default: ascii)")
	f.BoolVar(&o.Networks, "networks", false, "show the networks that services are on")
	f.BoolVar(&o.Ports, "ports", false, "show the ports that services publish")
	f.BoolVar(&o.Volumes, "volumes", false, "show what is mounted into services")
	f.BoolVar(&o.Images, "image", false, "show the images")
	f.IntVar(&o.size, "indentation-size", 1, "tabs or spaces before a line of dot")
	f.BoolVar(&o.spaces, "spaces", false, "indent with spaces in place of tabs")
	completes(c, "format", graph.Formats...)
	return c
}

func (a *app) drawGraph(ctx context.Context, o *graphOptions, services []string) error {
	if o.size < 0 {
		return fmt.Errorf("invalid indentation size: %d", o.size)
	}
	if o.format != "" && !slices.Contains(graph.Formats, o.format) {
		return fmt.Errorf("format value %q could not be parsed: use %s", o.format, strings.Join(graph.Formats, ", "))
	}
	t, err := a.target(ctx)
	if err != nil {
		return err
	}
	if t.Project == nil {
		if t, err = a.remembered(ctx, t.Name); err != nil {
			return err
		}
	}
	cs, err := a.env.Containers(ctx, t.Name, false)
	if err != nil {
		return err
	}
	g, err := graph.Make(t.Project, cs, services)
	if err != nil {
		return err
	}
	o.Indent = strings.Repeat(map[bool]string{true: " ", false: "\t"}[o.spaces], o.size)
	var out bytes.Buffer
	if err := g.Print(&out, o.format, o.Options); err != nil {
		return err
	}
	_, err = a.env.Stdout.Write(out.Bytes())
	return err
}

// remembered reads the files that a project was brought up from.
func (a *app) remembered(ctx context.Context, name string) (client.Target, error) {
	files, err := a.env.ConfigFiles(ctx, name)
	if err != nil {
		return client.Target{}, err
	}
	if len(files) == 0 {
		return client.Target{}, &client.ExitError{Code: 1, Err: fmt.Errorf("project %s is not known", name), Hint: "name its compose file by -f"}
	}
	a.env.Global.Files = files
	return a.target(ctx)
}
