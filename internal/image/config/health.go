package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// health reads HEALTHCHECK [OPTIONS] CMD COMMAND, or NONE.
func health(c *Config, rest string) error {
	h := &Healthcheck{}
	for strings.HasPrefix(rest, "--") {
		option, after, _ := strings.Cut(rest, " ")
		if err := h.option(option); err != nil {
			return err
		}
		rest = strings.TrimSpace(after)
	}
	kind, line, _ := strings.Cut(rest, " ")
	line = strings.TrimSpace(line)
	switch strings.ToUpper(kind) {
	case "NONE":
		if line != "" || h.Test != nil {
			return errors.New("HEALTHCHECK NONE takes no arguments")
		}
		h = &Healthcheck{Test: []string{"NONE"}}
	case "CMD":
		if line == "" {
			return errors.New("missing command after HEALTHCHECK CMD")
		}
		if list, ok := jsonForm(line); ok {
			h.Test = append([]string{"CMD"}, list...)
		} else {
			h.Test = []string{"CMD-SHELL", line}
		}
	default:
		return fmt.Errorf("unknown type %q in HEALTHCHECK (try CMD)", kind)
	}
	c.Healthcheck = h
	return nil
}

func (h *Healthcheck) option(s string) error {
	name, value, _ := strings.Cut(strings.TrimPrefix(s, "--"), "=")
	if name == "retries" {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("--retries must be a number of 0 or more, not %q", value)
		}
		h.Retries = n
		return nil
	}
	to := map[string]*time.Duration{
		"interval": &h.Interval, "timeout": &h.Timeout, "start-period": &h.StartPeriod, "start-interval": &h.StartInterval,
	}[name]
	if to == nil {
		return fmt.Errorf("unknown flag --%s", name)
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		return err
	}
	if d < time.Millisecond && d != 0 {
		return fmt.Errorf("--%s cannot be less than 1ms", name)
	}
	*to = d
	return nil
}
