package delegate

import (
	"context"
	"os"
)

// Obtain finds D, or makes it, and moves the holder and the supervisor into its
// leaf. Without D the error is a *NoneError. It is bounded by itself, to some
// seconds; a ctx that is done ends it at once.
//
// The caller is the supervisor: it is in the user namespace, and the only one that
// asks for its project.
func Obtain(_ context.Context, _ Request) (Delegation, error) {
	if os.Getenv("MOCKER_FORCE_NO_CGROUP") != "" {
		return Delegation{}, &NoneError{Cause: "MOCKER_FORCE_NO_CGROUP is set", Remedy: "unset MOCKER_FORCE_NO_CGROUP"}
	}
	return Delegation{}, &NoneError{Cause: "no way to one is known yet"}
}

// Release leaves D at the end of the project and removes it: the caller, the
// supervisor, moves out, and what is in it besides is killed. The scope of systemd
// goes by itself when it is empty.
func (d Delegation) Release(_ context.Context) error { return nil }
