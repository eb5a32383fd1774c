package dockerfile

import (
	"fmt"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// pipes is where a here-document that is a program stands.
const pipes = "/dev/pipes"

func (w *walk) run(c command, ic *instructions.RunCommand) error {
	cfg := &w.stage.file.Config
	args, files, err := w.runArgs(ic)
	if err != nil {
		return err
	}
	run := &build.Run{
		Args: args, Env: w.scope.env(), Proxy: w.in.proxies(), Files: files,
		Dir: path.Join("/", cfg.WorkingDir), User: cfg.User,
	}
	if run.Mounts, err = w.mounts(c, ic); err != nil {
		return err
	}
	run.Env = withAgent(run.Env, run.Mounts)
	if n := instructions.GetNetwork(ic); n != instructions.NetworkDefault {
		run.Network = n
	}
	run.Insecure = instructions.GetSecurity(ic) == instructions.SecurityInsecure
	if err := w.devices(c, ic); err != nil {
		return err
	}
	w.step(c, build.Step{
		Text:      w.runText(ic),
		CreatedBy: "RUN " + strings.Join(append(w.prefix(), args...), " ") + " # buildkit",
		Run:       run,
	})
	return nil
}

// runArgs is what is executed. A here-document alone is a script: with "#!" a program
// of its own, else text for the shell. Others are left to the shell to read.
func (w *walk) runArgs(ic *instructions.RunCommand) (args []string, files []build.File, err error) {
	args = ic.CmdLine
	if len(ic.Files) > 0 {
		if len(args) != 1 || !ic.PrependShell {
			return nil, nil, fmt.Errorf("a here-document and a list do not go together")
		}
		first := ic.Files[0]
		switch {
		case parser.MustParseHeredoc(args[0]) == nil:
			args = []string{withDocuments(args[0], ic.Files)}
		case strings.HasPrefix(document(first), "#!"):
			args = []string{path.Join(pipes, first.Name)}
			files = []build.File{{Name: first.Name, Data: document(first), Mode: 0o755}}
		default:
			args = []string{document(first)}
		}
	}
	if ic.PrependShell {
		args = w.withShell(args)
	}
	if len(args) == 0 || len(args) == 1 && args[0] == "" {
		return nil, nil, fmt.Errorf("RUN requires at least one argument")
	}
	return args, files, nil
}

// document is the text of one, without leading tabs if it was written with "<<-".
func document(f instructions.ShellInlineFile) string {
	if f.Chomp {
		return parser.ChompHeredocContent(f.Data)
	}
	return f.Data
}

// withDocuments writes a command line with its here-documents as it stood.
func withDocuments(line string, files []instructions.ShellInlineFile) string {
	var b strings.Builder
	b.WriteString(line)
	for _, f := range files {
		b.WriteString("\n" + f.Data + f.Name)
	}
	return b.String()
}

// runText is the command as it is shown: a script by its first line, secrets masked.
func (w *walk) runText(ic *instructions.RunCommand) string {
	text := code(ic)
	if len(ic.Files) > 0 && parser.MustParseHeredoc(ic.CmdLine[0]) != nil {
		first, rest, more := strings.Cut(strings.TrimSpace(strings.ReplaceAll(ic.Files[0].Data, "\r\n", "\n")), "\n")
		if more || rest != "" {
			first += "..."
		}
		text += " (" + first + ")"
	}
	env := w.scope
	for _, m := range instructions.GetMounts(ic) {
		if m.Type == instructions.MountTypeSecret && m.Env != nil && *m.Env != "" {
			if env == w.scope {
				env = env.clone()
			}
			env.put(*m.Env, "****")
		}
	}
	return upper(w.lex.shown(text, env, true))
}

// devices are those of hosts with CDI, which we are not: what must be there is refused.
func (w *walk) devices(c command, ic *instructions.RunCommand) error {
	for _, d := range instructions.GetDevices(ic) {
		if d.Required {
			return fmt.Errorf("--device=%s is required, but devices cannot be given to a build", short(d.Name))
		}
		w.file.said.add(build.Warning{
			Rule: "DeviceLeftOut", Line: c.first, Last: c.last,
			Text:        fmt.Sprintf("--device=%s is left out: devices cannot be given to a build", short(d.Name)),
			Description: "Devices are not available in a build",
		})
	}
	return nil
}
