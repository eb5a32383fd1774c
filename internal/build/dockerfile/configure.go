package dockerfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"

	"github.com/mocker-compose/mocker-compose/internal/image/config"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

var noTime time.Time

// configure carries out what changes the configuration only, and tells what docker
// writes into the history; "" is nothing at all.
func (w *walk) configure(c command, ic instructions.Command) (string, error) {
	cfg := &w.stage.file.Config
	switch ic := ic.(type) {
	case *instructions.ArgCommand:
		return w.argument(ic)
	case *instructions.EnvCommand:
		return w.environment(ic)
	case *instructions.LabelCommand:
		return w.label(ic), nil
	case *instructions.MaintainerCommand:
		w.stage.file.Author = ic.Maintainer
		return "MAINTAINER " + ic.Maintainer, nil
	case *instructions.CmdCommand:
		return w.cmd(ic), nil
	case *instructions.EntrypointCommand:
		return w.entrypoint(ic), nil
	case *instructions.ShellCommand:
		cfg.Shell = slices.Clone(ic.Shell)
		return fmt.Sprintf("SHELL %v", ic.Shell), nil
	case *instructions.UserCommand:
		cfg.User = ic.User
		return "USER " + ic.User, nil
	case *instructions.ExposeCommand:
		return w.expose(ic)
	case *instructions.VolumeCommand:
		return w.volume(ic)
	case *instructions.StopSignalCommand:
		if _, err := policy.ParseSignal(ic.Signal, 0); err != nil {
			return "", err
		}
		if ic.Signal == "" {
			return "", errors.New("invalid signal: it is empty")
		}
		cfg.StopSignal = ic.Signal
		return "STOPSIGNAL " + ic.Signal, nil
	case *instructions.HealthCheckCommand:
		return w.health(ic), nil
	case *instructions.OnbuildCommand:
		cfg.OnBuild = append(cfg.OnBuild, ic.Expression)
		return "", nil
	}
	return "", fmt.Errorf("the instruction %s is not known", c.Name())
}

func (w *walk) environment(ic *instructions.EnvCommand) (string, error) {
	var said strings.Builder
	said.WriteString("ENV")
	for _, kv := range ic.Env {
		w.legacy(ic, kv.NoDelim)
		w.noSecret("ENV", kv.Key, ic)
		if err := w.scope.set(kv.Key, kv.Value); err != nil {
			return "", err
		}
		cfg := &w.stage.file.Config
		cfg.Env = withVariable(cfg.Env, kv.Key, kv.Value)
		said.WriteString(" " + kv.Key + "=" + kv.Value)
	}
	return said.String(), nil
}

// withVariable keeps the place of one that is there.
func withVariable(env []string, name, value string) []string {
	at := slices.IndexFunc(env, func(kv string) bool { k, _, _ := strings.Cut(kv, "="); return k == name })
	if at < 0 {
		return append(env, name+"="+value)
	}
	env[at] = name + "=" + value
	return env
}

func (w *walk) label(ic *instructions.LabelCommand) string {
	cfg := &w.stage.file.Config
	if cfg.Labels == nil {
		cfg.Labels = map[string]string{}
	}
	var said strings.Builder
	said.WriteString("LABEL")
	for _, kv := range ic.Labels {
		w.legacy(ic, kv.NoDelim)
		cfg.Labels[kv.Key] = kv.Value
		said.WriteString(" " + kv.Key + "=" + kv.Value)
	}
	return said.String()
}

// commandLine puts the shell in front of what is no list.
func (w *walk) commandLine(ic instructions.Command, line instructions.ShellDependantCmdLine) []string {
	if !line.PrependShell {
		return line.CmdLine
	}
	if len(w.stage.file.Config.Shell) == 0 {
		w.lint.Run(&linter.RuleJSONArgsRecommended, ic.Location(), linter.RuleJSONArgsRecommended.Format(ic.Name()))
	}
	return w.withShell(line.CmdLine)
}

func (w *walk) withShell(args []string) []string {
	shell := []string{"/bin/sh", "-c"}
	if s := w.stage.file.Config.Shell; len(s) > 0 {
		shell = slices.Clone(s)
	}
	return append(shell, strings.Join(args, " "))
}

func (w *walk) cmd(ic *instructions.CmdCommand) string {
	w.onlyOnce("CMD", ic)
	cfg := &w.stage.file.Config
	cfg.Cmd = w.commandLine(ic, ic.ShellDependantCmdLine)
	cfg.ArgsEscaped = true // docker writes it for linux too
	return fmt.Sprintf("CMD %q", cfg.Cmd)
}

// entrypoint takes the CMD of the base away: it was meant for another program.
func (w *walk) entrypoint(ic *instructions.EntrypointCommand) string {
	w.onlyOnce("ENTRYPOINT", ic)
	cfg := &w.stage.file.Config
	cfg.Entrypoint = w.commandLine(ic, ic.ShellDependantCmdLine)
	if w.once["CMD"] == nil {
		cfg.Cmd = nil
	}
	return fmt.Sprintf("ENTRYPOINT %q", cfg.Entrypoint)
}

func (w *walk) volume(ic *instructions.VolumeCommand) (string, error) {
	cfg := &w.stage.file.Config
	for _, v := range ic.Volumes {
		if v == "" {
			return "", errors.New("VOLUME specified can not be an empty string")
		}
		if cfg.Volumes == nil {
			cfg.Volumes = map[string]struct{}{}
		}
		cfg.Volumes[v] = struct{}{}
	}
	return fmt.Sprintf("VOLUME %v", ic.Volumes), nil
}

func (w *walk) health(ic *instructions.HealthCheckCommand) string {
	w.onlyOnce("HEALTHCHECK", ic)
	h := ic.Health
	w.stage.file.Config.Healthcheck = &config.Healthcheck{
		Test: slices.Clone(h.Test), Interval: h.Interval, Timeout: h.Timeout,
		StartPeriod: h.StartPeriod, StartInterval: h.StartInterval, Retries: h.Retries,
	}
	return fmt.Sprintf("HEALTHCHECK %+v", *h)
}

// expose reads ports. Only here words are split after variables were put in.
func (w *walk) expose(ic *instructions.ExposeCommand) (string, error) {
	cfg := &w.stage.file.Config
	var ports []string
	for _, text := range ic.Ports {
		words, err := w.lex.words(text, w.scope)
		if err != nil {
			return "", err
		}
		for _, word := range words {
			list, err := w.ports(ic, word)
			if err != nil {
				return "", err
			}
			if ports = append(ports, list...); len(ports) > maxPorts {
				return "", fmt.Errorf("more than %d ports", maxPorts)
			}
		}
	}
	if cfg.ExposedPorts == nil {
		cfg.ExposedPorts = map[string]struct{}{}
	}
	for _, p := range ports {
		cfg.ExposedPorts[p] = struct{}{}
	}
	return fmt.Sprintf("EXPOSE %v", ports), nil
}

// ports are those of a word. What docker forgives, an address of the host before it, is
// forgiven, and said.
func (w *walk) ports(ic *instructions.ExposeCommand, word string) (list []string, err error) {
	inside := word[strings.LastIndexByte(word, ':')+1:]
	if inside != word {
		w.lint.Run(&linter.RuleExposeInvalidFormat, ic.Location(), linter.RuleExposeInvalidFormat.Format(word))
	}
	number, protocol, _ := strings.Cut(inside, "/")
	if protocol != strings.ToLower(protocol) {
		w.lint.Run(&linter.RuleExposeProtoCasing, ic.Location(), linter.RuleExposeProtoCasing.Format(word))
	}
	if protocol == "" {
		inside = number
	}
	first, last, protocol, err := config.Ports(inside)
	if err != nil {
		return nil, err
	}
	for n := int(first); n <= int(last); n++ {
		list = append(list, fmt.Sprintf("%d/%s", n, protocol))
	}
	return list, nil
}
