package loader

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/internal/seccomp"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// isolation looks into values of which only some are honoured.
func (l *load) isolation(s types.ServiceConfig, out *project.Service) error {
	out.SecurityOpt = nil
	for _, o := range s.SecurityOpt {
		if err := l.securityOpt(s.Name, o, out); err != nil {
			return err
		}
	}
	for _, step := range []func(types.ServiceConfig, *project.Service) error{l.process, l.namespaces, l.devices} {
		if err := step(s, out); err != nil {
			return err
		}
	}
	l.sayOpen(s)
	return nil
}

// securityOpt converts one option. Docker takes NAME=VALUE and, as it did at
// first, NAME:VALUE.
func (l *load) securityOpt(service, o string, out *project.Service) error {
	at := []string{"services", service, "security_opt", o}
	name, value, ok := strings.Cut(o, "=")
	if !ok {
		name, value, _ = strings.Cut(o, ":")
	}
	ignored := func(reason string) error {
		l.notices = append(l.notices, project.Notice{Fate: project.Ignored, Key: "services." + service + ".security_opt",
			Reason: o + ": " + reason, Source: l.position(at...)})
		return nil
	}
	keep := func() error {
		out.SecurityOpt = append(out.SecurityOpt, name+"="+value)
		return nil
	}
	switch name {
	case "no-new-privileges":
		switch value {
		case "", "true":
			value = "true"
			return keep()
		case "false":
			return nil
		}
		return l.fault("write no-new-privileges:true or :false", fmt.Sprintf("services.%s.security_opt: no-new-privileges cannot be %q", service, value), at...)
	case "seccomp":
		switch value {
		case "unconfined":
			return keep()
		case "builtin", "default":
			return nil
		}
		return l.seccompProfile(service, o, value, out)
	case "systempaths":
		if value == "unconfined" {
			return keep()
		}
	case "apparmor":
		if value == "unconfined" {
			return nil // no profile of ours confines it
		}
		return ignored("to load or choose an AppArmor profile needs an administrator; the container keeps yours")
	case "label":
		if value == "disable" {
			return nil // no label of ours confines it
		}
		return ignored("to choose an SELinux label needs an administrator; the container keeps yours")
	case "mask", "unmask":
		return ignored("that is podman's; systempaths=unconfined takes all masks away")
	}
	return l.fault("known are no-new-privileges, seccomp=FILE, seccomp=unconfined, systempaths=unconfined, apparmor=… and label=…",
		fmt.Sprintf("services.%s.security_opt: unknown option %q", service, o), at...)
}

// seccompProfile reads a profile; its content becomes part of the model, so that
// a change of the file is a change of the service.
func (l *load) seccompProfile(service, option, path string, out *project.Service) error {
	if l.o.Tolerant {
		return nil
	}
	bad := func(err error) error {
		return l.fault("the format is docker's: docs.docker.com/engine/security/seccomp; leave the option out for the default profile",
			fmt.Sprintf("services.%s.security_opt: seccomp profile %v", service, err), "services", service, "security_opt", option)
	}
	if path == "" {
		return bad(errors.New(`"" is no file`))
	}
	full := path
	if !filepath.IsAbs(path) {
		full = filepath.Join(l.where.Dir, path)
	}
	text, err := readBounded(full, seccomp.MaxProfile)
	if err != nil {
		return bad(fmt.Errorf("%s: %s", path, document.Reason(err)))
	}
	profile, err := seccomp.Profile(text)
	var fault *seccomp.ProfileError
	switch {
	case err == nil:
		out.SeccompProfile = profile
		return nil
	case errors.As(err, &fault) && fault.Line > 0:
		return bad(fmt.Errorf("%s:%d: %w", path, fault.Line, err))
	}
	return bad(fmt.Errorf("%s: %w", path, err))
}

// readBounded reads a regular file, and one byte more than limit at most.
func readBounded(path string, limit int64) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// sayOpen says what keys open, or do not, that their names do not tell.
func (l *load) sayOpen(s types.ServiceConfig) {
	say := func(fate project.Fate, key, reason string) {
		at := []string{"services", s.Name, key}
		l.notices = append(l.notices, project.Notice{Fate: fate, Key: strings.Join(at, "."), Reason: reason, Source: l.position(at...)})
	}
	if s.NetworkMode == "host" && len(s.Ports) > 0 {
		say(project.Ignored, "ports", "with network_mode: host, the ports at which the service listens are the machine's; no other is published")
	}
	if s.NetworkMode == "host" {
		say(project.Degraded, "network_mode", "the service reaches the servers of this machine's loopback and its abstract unix sockets (desktop session, D-Bus), as each program of yours does")
	}
}
