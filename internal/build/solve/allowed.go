package solve

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// What a Dockerfile may ask for, and who builds must have allowed (BuildKit's
// entitlements): it may be a stranger's.
const (
	allowInsecure = "security.insecure" // RUN --security=insecure
	allowHost     = "network.host"      // RUN --network=host
)

// allowed looks at all steps before the first one is made.
func (b *solver) allowed() error {
	for i := range b.Graph.Stages {
		f := &flight{b: b, n: i, st: &b.Graph.Stages[i]}
		for n := range f.st.Steps {
			step := &f.st.Steps[n]
			if word := b.lacks(step.Run); word != "" {
				return f.failed(step, nil, fmt.Errorf("%s is not allowed: if you trust this Dockerfile, add entitlements: [%s] to the service's build", word, word))
			}
		}
	}
	return nil
}

// lacks is what a RUN asks for and may not have; what the build as a whole has,
// everybody may.
func (b *solver) lacks(run *build.Run) string {
	switch {
	case run == nil:
	case run.Insecure && !b.Machine.Privileged && !slices.Contains(b.Allow, allowInsecure):
		return allowInsecure
	case run.Network == "host" && b.Machine.Network != "host" && !slices.Contains(b.Allow, allowHost):
		return allowHost
	}
	return ""
}
