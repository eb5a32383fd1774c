package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// instructions are those that docker import takes, each with what carries it out.
var instructions = map[string]func(c *Config, rest string) error{
	"CMD":         func(c *Config, rest string) (err error) { c.Cmd, err = command(rest); return err },
	"ENTRYPOINT":  func(c *Config, rest string) (err error) { c.Entrypoint, err = command(rest); return err },
	"ENV":         env,
	"EXPOSE":      expose,
	"HEALTHCHECK": health,
	"LABEL":       label,
	"ONBUILD":     onBuild,
	"STOPSIGNAL":  func(c *Config, rest string) (err error) { c.StopSignal, err = c.one(rest); return err },
	"USER":        func(c *Config, rest string) (err error) { c.User, err = c.one(rest); return err },
	"VOLUME":      volume,
	"WORKDIR":     workDir,
}

// Apply changes the configuration as a line of a Dockerfile would: "CMD [...]".
func (c *Config) Apply(line string) error {
	name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	f := instructions[strings.ToUpper(name)]
	if f == nil {
		return fmt.Errorf("%s is not a valid change command", name)
	}
	if strings.ContainsRune(line, 0) {
		return fmt.Errorf("%q: it holds a zero byte", line)
	}
	rest = strings.TrimSpace(rest)
	err := errors.New("it wants at least one argument")
	if rest != "" {
		err = f(c, rest)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}

// command is the JSON form, or a line for the shell.
func command(rest string) ([]string, error) {
	if list, ok := jsonForm(rest); ok {
		return list, nil
	}
	return []string{"/bin/sh", "-c", rest}, nil
}

// jsonForm: what is not an array of strings is a line for the shell, as in docker.
func jsonForm(s string) ([]string, bool) {
	var list []string
	if !strings.HasPrefix(s, "[") || json.Unmarshal([]byte(s), &list) != nil {
		return nil, false
	}
	return list, true
}

// lexer looks variables up in what was set so far.
func (c *Config) lexer(s string) *lexer {
	return &lexer{s, func(name string) string {
		for _, kv := range slices.Backward(c.Env) {
			if k, v, _ := strings.Cut(kv, "="); k == name {
				return v
			}
		}
		return ""
	}}
}

func (c *Config) one(rest string) (string, error) {
	words, err := c.lexer(rest).words()
	if err == nil && len(words) != 1 {
		err = fmt.Errorf("it wants one argument, not %d", len(words))
	}
	if err != nil {
		return "", err
	}
	return words[0], nil
}

// pairs reads NAME=VALUE..., or the old form NAME VALUE.
func (c *Config) pairs(rest string, set func(k, v string)) error {
	first, value, _ := strings.Cut(rest, " ")
	if !strings.Contains(first, "=") {
		value, err := c.lexer(strings.TrimSpace(value)).word(false)
		if err == nil && value == "" {
			err = fmt.Errorf("%s has no value: write NAME=VALUE", first)
		}
		if err != nil {
			return err
		}
		set(first, value)
		return nil
	}
	words, err := c.lexer(rest).words()
	if err != nil {
		return err
	}
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if !ok || k == "" {
			return fmt.Errorf("%q is not NAME=VALUE", w)
		}
		set(k, v)
	}
	return nil
}

func env(c *Config, rest string) error {
	return c.pairs(rest, func(k, v string) {
		c.Env = slices.DeleteFunc(c.Env, func(kv string) bool { return strings.HasPrefix(kv, k+"=") })
		c.Env = append(c.Env, k+"="+v)
	})
}

func label(c *Config, rest string) error {
	return c.pairs(rest, func(k, v string) {
		if c.Labels == nil {
			c.Labels = map[string]string{}
		}
		c.Labels[k] = v
	})
}

func volume(c *Config, rest string) error {
	list, ok := jsonForm(rest)
	if !ok {
		var err error
		if list, err = c.lexer(rest).words(); err != nil {
			return err
		}
	}
	for _, v := range list {
		if v == "" {
			return errors.New("a volume's path is empty")
		}
		c.Volumes = with(c.Volumes, v)
	}
	return nil
}

func with(set map[string]struct{}, key string) map[string]struct{} {
	if set == nil {
		set = map[string]struct{}{}
	}
	set[key] = struct{}{}
	return set
}

// workDir of a relative path goes on from the one before.
func workDir(c *Config, rest string) error {
	dir, err := c.lexer(rest).word(false)
	if err != nil {
		return err
	}
	if !path.IsAbs(dir) {
		dir = path.Join("/", c.WorkingDir, dir)
	}
	c.WorkingDir = path.Clean(dir)
	return nil
}

func onBuild(c *Config, rest string) error {
	name, _, _ := strings.Cut(rest, " ")
	switch strings.ToUpper(name) {
	case "ONBUILD":
		return errors.New("chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
	case "MAINTAINER", "FROM":
		return fmt.Errorf("%s isn't allowed as an ONBUILD trigger", name)
	}
	c.OnBuild = append(c.OnBuild, rest)
	return nil
}
