package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// man writes the manual pages, for make man and make install. The pages are made of
// the same texts as help; they have no date, so that the same program gives the same
// bytes.
func (a *app) man() *cobra.Command {
	return &cobra.Command{
		Use: "__man DIR", Short: "Write the manual pages into a directory", Hidden: true, Args: exactly(1),
		Long: "Write a manual page for the program and one for each command: man(7), section 1.",
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			for name, page := range manual(c.Root()) {
				if err := state.WriteFile(filepath.Join(args[0], name), page, 0o644); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// manual is all pages, by the names of their files.
func manual(root *cobra.Command) map[string][]byte {
	pages := map[string][]byte{root.Name() + ".1": rootPage(root)}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			if !sub.Hidden && sub.Name() != "help" {
				pages[pageName(sub)+".1"] = page(sub)
				walk(sub)
			}
		}
	}
	walk(root)
	return pages
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// roff is a page under way.
type roff struct{ bytes.Buffer }

func (r *roff) begin(name, short string) {
	fmt.Fprintf(r, ".TH %q 1 \"\" %q \"User Commands\"\n.nh\n.ad l\n", strings.ToUpper(name), "mocker-compose "+client.Version)
	fmt.Fprintf(r, ".SH NAME\n%s \\- %s\n", text(name), text(short))
}

// text is a line for roff: what steers it is quoted.
func text(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}

// prose writes paragraphs; lines that are set in, examples, stay as they are.
func (r *roff) prose(s string) {
	literal := false
	for line := range strings.Lines(s + "\n") {
		line = strings.TrimRight(line, "\n")
		set := strings.HasPrefix(line, "  ")
		if set != literal && strings.TrimSpace(line) != "" {
			r.WriteString(map[bool]string{true: ".PP\n.nf\n", false: ".fi\n.PP\n"}[set])
			literal = set
		}
		switch {
		case strings.TrimSpace(line) == "" && literal:
		case strings.TrimSpace(line) == "":
			r.WriteString(".PP\n")
		default:
			r.WriteString(text(line) + "\n")
		}
	}
	if literal {
		r.WriteString(".fi\n")
	}
}

func (r *roff) flags(fs *pflag.FlagSet) {
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		names := "--" + f.Name
		if f.Shorthand != "" {
			names = "-" + f.Shorthand + ", " + names
		}
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			names += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" && f.DefValue != "-1" {
			usage += fmt.Sprintf(" (default: %s)", f.DefValue)
		}
		fmt.Fprintf(r, ".TP\n.B %s\n%s\n", text(names), text(usage))
	})
}

func page(c *cobra.Command) []byte {
	r := &roff{}
	r.begin(pageName(c), c.Short)
	fmt.Fprintf(r, ".SH SYNOPSIS\n.B %s\n", text(strings.TrimSpace(strings.TrimSuffix(c.UseLine(), "[flags]"))))
	if len(c.Aliases) > 0 {
		fmt.Fprintf(r, ".PP\nAlso: %s\n", text(strings.Join(c.Aliases, ", ")))
	}
	r.WriteString(".SH DESCRIPTION\n")
	r.prose(c.Long)
	if c.HasAvailableLocalFlags() {
		r.WriteString(".SH OPTIONS\n")
		r.flags(c.LocalFlags())
	}
	if c.Example != "" {
		r.WriteString(".SH EXAMPLES\n")
		r.prose(c.Example)
	}
	see := []string{pageName(c.Parent()) + "(1)"}
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			see = append(see, pageName(sub)+"(1)")
		}
	}
	fmt.Fprintf(r, ".SH SEE ALSO\n%s\n", text(strings.Join(see, ", ")))
	return r.Bytes()
}

func rootPage(root *cobra.Command) []byte {
	r := &roff{}
	r.begin(root.Name(), root.Short)
	fmt.Fprintf(r, ".SH SYNOPSIS\n.B %s\n[OPTIONS] COMMAND\n.SH DESCRIPTION\n", text(root.Name()))
	r.prose(root.Long)
	r.WriteString(".SH OPTIONS\nThey stand before the command.\n")
	r.flags(root.LocalFlags())
	r.WriteString(".SH COMMANDS\n")
	for _, g := range root.Groups() {
		fmt.Fprintf(r, ".SS %s\n", text(strings.TrimSuffix(g.Title, ":")))
		for _, c := range root.Commands() {
			if c.GroupID == g.ID && !c.Hidden && c.Name() != "help" {
				fmt.Fprintf(r, ".TP\n.BR %s (1)\n%s\n", text(pageName(c)), text(c.Short))
			}
		}
	}
	r.WriteString(".SH EXIT STATUS\n0 when it is done, 1 when it is refused or has failed, 130 after Ctrl\\-C; of exec, run, attach, wait and up \\-\\-exit\\-code\\-from that of the command inside.\n")
	r.WriteString(".SH ENVIRONMENT\nThe variables of docker compose: COMPOSE_FILE, COMPOSE_PROJECT_NAME, COMPOSE_PROFILES, COMPOSE_ENV_FILES, COMPOSE_PROGRESS, COMPOSE_ANSI, COMPOSE_PARALLEL_LIMIT and others.\n")
	return r.Bytes()
}
