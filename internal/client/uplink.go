package client

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/project"
)

// uplinkEnv says which way out projects have whose command line does not.
const uplinkEnv = "MOCKER_UPLINK"

// UplinkValue is a flag whose value is checked as it is read.
type UplinkValue project.Uplink

// String, Type and Set make it a flag (pflag.Value).
func (v *UplinkValue) String() string { return string(*v) }
func (v *UplinkValue) Type() string   { return "string" }
func (v *UplinkValue) Set(s string) error {
	u, err := project.ParseUplink(s)
	*v = UplinkValue(u)
	return err
}

// UplinkFlag defines --uplink in fs.
func UplinkFlag(fs *pflag.FlagSet, to *UplinkValue) {
	fs.Var(to, "uplink", "way out of the project's networks, `HOW`: relay, pasta, slirp4netns, gvisor, none")
}

// uplink is what the flag says, else the environment, else the file; "" if
// nothing is said anywhere.
func (e *Env) uplink(flag UplinkValue, file project.Uplink) (project.Uplink, error) {
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
