package client

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/project"
)

// uplinkEnv says which way out projects have whose command line does not.
const uplinkEnv = "MOCKER_UPLINK"

// uplinkValue is a flag whose value is checked as it is read.
type uplinkValue project.Uplink

func (v *uplinkValue) String() string { return string(*v) }
func (v *uplinkValue) Type() string   { return "string" }
func (v *uplinkValue) Set(s string) error {
	u, err := project.ParseUplink(s)
	*v = uplinkValue(u)
	return err
}

func uplinkFlag(fs *pflag.FlagSet, to *uplinkValue) {
	fs.Var(to, "uplink", "way out of the project's networks, `HOW`: relay, pasta, slirp4netns, gvisor, none")
}

// uplink is what the flag says, else the environment, else the file; "" if
// nothing is said anywhere.
func (e *Env) uplink(flag uplinkValue, file project.Uplink) (project.Uplink, error) {
	if flag != "" {
		return project.Uplink(flag), nil
	}
	u, err := project.ParseUplink(e.Getenv(uplinkEnv))
	if err != nil {
		return "", fmt.Errorf("%s: %w", uplinkEnv, err)
	}
	if u == "" {
		u = file
	}
	return u, nil
}
