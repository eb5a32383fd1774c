package seccomp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/capability"
)

// MaxProfile bounds the text of a profile in bytes; docker's default has 15 KiB.
const MaxProfile = 1 << 20

// Program is a compiled filter with the flags to load it with (seccomp(2)).
// Its zero value stands for no filter.
type Program struct {
	Code  []byte
	Flags uint
}

// ProfileError says where a profile is wrong.
type ProfileError struct {
	Line int // 0 = the whole
	Err  error
}

func (e *ProfileError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *ProfileError) Unwrap() error { return e.Err }

// Profile checks the text of a profile in docker's JSON format
// (docs.docker.com/engine/security/seccomp) and returns it without white space.
// It compiles it for the narrowest and for the widest set of capabilities, so
// that what is accepted here can be loaded later. Its errors are *ProfileError.
func Profile(text []byte) (string, error) {
	if len(text) > MaxProfile {
		return "", &ProfileError{Err: fmt.Errorf("the profile is larger than %d bytes", MaxProfile)}
	}
	if err := wellFormed(text); err != nil {
		return "", err
	}
	for _, caps := range [][]string{nil, capability.Default, capability.All()} {
		if _, err := Load(string(text), caps); err != nil {
			return "", &ProfileError{Line: lineOf(text, err), Err: err}
		}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return "", &ProfileError{Err: err}
	}
	return compact.String(), nil
}

// Load compiles a profile's text for a process with the given bounding set. A
// profile without default action and rules means no filter, as with docker.
func Load(text string, caps []string) (Program, error) {
	spec := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: caps}}}
	p, err := moby.LoadProfile(text, spec)
	if err != nil {
		return Program{}, fmt.Errorf("seccomp profile: %w", err)
	}
	if p == nil {
		return Program{}, nil
	}
	if p.ListenerPath != "" {
		return Program{}, errors.New("seccomp profile: listenerPath: nobody listens: remove it")
	}
	flags, err := loadFlags(p.Flags)
	if err != nil {
		return Program{}, err
	}
	code, err := Compile(p)
	return Program{Code: code, Flags: flags}, err
}

// loadFlags are the profile's flags as the system call has them. TSYNC means
// nothing to a process of one thread.
func loadFlags(names []specs.LinuxSeccompFlag) (flags uint, err error) {
	for _, f := range names {
		switch f {
		case specs.LinuxSeccompFlagLog:
			flags |= unix.SECCOMP_FILTER_FLAG_LOG
		case specs.LinuxSeccompFlagSpecAllow:
			flags |= unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
		case "SECCOMP_FILTER_FLAG_TSYNC":
		default:
			return 0, fmt.Errorf("seccomp profile: unknown flag %q: use SECCOMP_FILTER_FLAG_LOG or SECCOMP_FILTER_FLAG_SPEC_ALLOW", f)
		}
	}
	return flags, nil
}

// wellFormed decodes strictly as to types, and finds the line of a fault. Keys
// that are not known are let pass, as docker does.
func wellFormed(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	var p moby.Seccomp
	err := dec.Decode(&p)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return &ProfileError{Line: lineAt(text, syntax.Offset), Err: fmt.Errorf("not JSON: %w", err)}
	case errors.As(err, &kind):
		return &ProfileError{Line: lineAt(text, kind.Offset), Err: fmt.Errorf("%s cannot be a %s", kind.Field, kind.Value)}
	case err != nil:
		return &ProfileError{Line: lineAt(text, dec.InputOffset()), Err: fmt.Errorf("not a seccomp profile: %w", err)}
	}
	for i, rule := range p.Syscalls {
		if rule == nil {
			return &ProfileError{Err: fmt.Errorf("syscalls: rule %d is empty", i+1)}
		}
	}
	end := dec.InputOffset()
	if more := bytes.TrimSpace(text[end:]); len(more) > 0 {
		return &ProfileError{Line: lineAt(text, int64(len(text)-len(bytes.TrimLeft(text[end:], " \t\r\n")))), Err: errors.New("there is more after the end of the profile")}
	}
	return nil
}

func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(int64(len(text)), max(0, offset))], []byte("\n"))
}

// lineOf looks for the text that an error quotes.
func lineOf(text []byte, err error) int {
	parts := strings.Split(err.Error(), `"`)
	for i := 1; i+1 < len(parts); i += 2 {
		if at := bytes.Index(text, []byte(`"`+parts[i]+`"`)); at >= 0 && parts[i] != "" {
			return lineAt(text, int64(at))
		}
	}
	return 0
}
