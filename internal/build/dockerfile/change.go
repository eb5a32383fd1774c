package dockerfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// changes are the instructions that docker import and docker commit take.
const changes = " CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR "

// Change carries out lines of a Dockerfile on a configuration: `image import --change`,
// `commit --change`. With an error nothing was changed.
func Change(c *config.Config, lines []string) error {
	f := copyOf(config.File{Config: *c})
	f.Config.OnBuild = append(f.Config.OnBuild, c.OnBuild...)
	w := &walk{
		plan: &plan{in: &Input{}, file: &file{}}, stage: &stage{file: f},
		scope: newScope(c.Env), lex: lexer{parser.DefaultEscapeToken}, once: map[string][]parser.Range{},
	}
	for _, line := range lines {
		ic, err := change(line)
		if err != nil {
			return err
		}
		if err := w.instruction(command{Command: ic}); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	*c = w.stage.file.Config
	return nil
}

// change reads a line.
func change(line string) (instructions.Command, error) {
	name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if name = strings.ToUpper(name); name == "" || !strings.Contains(changes, " "+name+" ") {
		return nil, fmt.Errorf("%s is not a valid change command", name)
	}
	if strings.ContainsRune(line, 0) {
		return nil, fmt.Errorf("%q: it holds a zero byte", line)
	}
	if len(line) > maxWord || deep([]byte(line)) > 0 {
		return nil, fmt.Errorf("%s: the line is too large", short(line))
	}
	tree, err := parser.Parse(strings.NewReader(line))
	if err == nil && len(tree.AST.Children) != 1 {
		err = errors.New("it is more than one instruction")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", line, err)
	}
	ic, err := instructions.ParseCommand(tree.AST.Children[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", line, err)
	}
	return ic, nil
}
