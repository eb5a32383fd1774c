package seccomp

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// cache holds the compiled default profile by capability set: a project has
// few different sets and many containers.
var cache struct {
	sync.Mutex
	programs map[string][]byte
}

// Default returns the program of moby's default profile for a process with
// the given bounding set ("CAP_CHOWN", ...): some capabilities open the calls
// that are of no use without them. The result is shared: callers must not
// change it. It is built once per set.
func Default(caps []string) ([]byte, error) {
	caps = slices.Compact(slices.Sorted(slices.Values(caps)))
	key := strings.Join(caps, " ")
	cache.Lock()
	defer cache.Unlock()
	if b, ok := cache.programs[key]; ok {
		return b, nil
	}
	p, err := DefaultProfile(caps)
	if err != nil {
		return nil, err
	}
	b, err := Compile(p)
	if err != nil {
		return nil, err
	}
	if cache.programs == nil {
		cache.programs = make(map[string][]byte)
	}
	cache.programs[key] = b
	return b, nil
}

// DefaultProfile is moby's default profile for a bounding set, this machine's
// architecture and its kernel.
func DefaultProfile(caps []string) (*specs.LinuxSeccomp, error) {
	if _, err := nativeArch(); err != nil {
		return nil, err
	}
	spec := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: caps}}}
	p, err := moby.GetDefaultProfile(spec)
	if err != nil {
		return nil, fmt.Errorf("seccomp default profile: %w", err)
	}
	return p, nil
}

// nativeArch is the profile's word for the architecture of this program.
func nativeArch() (specs.Arch, error) {
	switch runtime.GOARCH {
	case "amd64":
		return specs.ArchX86_64, nil
	case "arm64":
		return specs.ArchAARCH64, nil
	default:
		return "", fmt.Errorf("seccomp: no table of system calls for %s: only amd64 and arm64 have a default profile; run with security_opt seccomp:unconfined", runtime.GOARCH)
	}
}
