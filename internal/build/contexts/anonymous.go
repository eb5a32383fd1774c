package contexts

import (
	"context"
	"slices"
	"strings"
)

// An address that stands in a Dockerfile is whoever's wrote that: with the user's ssh keys
// and credential helpers it would fetch the user's private repositories for a stranger, whose
// RUN may send them away. So it is fetched as nobody. A context is named by who builds.

type anonymousKey struct{}

// anonymous makes git know nobody.
func anonymous(ctx context.Context) context.Context {
	return context.WithValue(ctx, anonymousKey{}, true)
}

func isAnonymous(ctx context.Context) bool { return ctx.Value(anonymousKey{}) != nil }

// nobody are flags that take away who the user is; the configuration of the machine stays.
var nobody = []string{"-c", "credential.helper=", "-c", "core.askPass=", "-c", "protocol.ssh.allow=never"}

// personal are variables that say who the user is.
var personal = []string{
	"HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_ASKPASS", "SSH_ASKPASS", "SSH_AUTH_SOCK",
	"GIT_SSH", "GIT_SSH_COMMAND",
}

// asNobody is an environment without them; git's library looks for a .netrc in HOME.
func asNobody(env []string) []string {
	env = slices.DeleteFunc(env, func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(personal, name)
	})
	return append(env, "HOME=/dev/null", "XDG_CONFIG_HOME=/dev/null", "GIT_CONFIG_GLOBAL=/dev/null")
}

// howToBeSomebody is for an error.
const howToBeSomebody = "what a Dockerfile names is fetched without your keys and passwords: if it is private, name it in the build's additional_contexts, and take it by COPY --from"
