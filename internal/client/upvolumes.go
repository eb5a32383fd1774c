package client

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// externalVolumes refuses a project whose external volumes do not exist.
func (e *Env) externalVolumes(p *project.Project) error {
	for _, v := range p.Volumes {
		if v.External {
			if err := volumes.Open(e.Dirs).Require(v.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// discard asks which of the changed volumes may be made anew, as docker compose does:
// yes to all with --yes, and no without a terminal. Nothing is lost without an answer.
func (e *Env) discard(p *project.Project, services []string, yes bool) (names []string, err error) {
	list, err := volumes.Open(e.Dirs).Changed(p, services)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var in *bufio.Reader
	for _, v := range list {
		why := fmt.Sprintf("volume %q stays as it was made, although the file has changed it (%s)", v.Name, strings.Join(v.Changes, "; "))
		switch {
		case v.Taken != "":
			e.Warn(why + ": it is in use by " + v.Taken)
		case yes:
			names = append(names, v.Name)
		case e.Global.DryRun || !tty.Is(e.Stdin):
			e.Warn(why + ": to make it anew, without what is in it: mocker-compose up --yes")
		default:
			e.Settle()
			fmt.Fprintf(e.Stderr, "Volume %q exists but doesn't match configuration in compose file (%s). Recreate (data will be lost)? [y/N] ", v.Name, strings.Join(v.Changes, "; "))
			if in == nil {
				in = bufio.NewReader(e.Stdin)
			}
			line, _ := in.ReadString('\n')
			if a := strings.ToLower(strings.TrimSpace(line)); a == "y" || a == "yes" {
				names = append(names, v.Name)
			}
		}
	}
	return names, nil
}
