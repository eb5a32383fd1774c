package imageconfig

import (
	"maps"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/project"
)

// Apply returns s as its container has it, and what the user should know about
// the image, a line each. s is not changed.
func Apply(s project.Service, c *image.Config) (project.Service, []string) {
	s.Entrypoint, s.Command = command(&s, c)
	s.NoEntrypoint = false
	s.Environment = environment(c.Env, s.Environment)
	s.User = first(s.User, c.User)
	s.WorkingDir = first(s.WorkingDir, c.WorkingDir)
	s.StopSignal = first(s.StopSignal, c.StopSignal)
	s.HealthCheck = healthCheck(s.HealthCheck, c)
	s.Expose = expose(s.Expose, c.ExposedPorts)
	if len(c.Labels) > 0 {
		labels := maps.Clone(c.Labels)
		maps.Copy(labels, s.Labels)
		s.Labels = labels
	}
	var notices []string
	s.Mounts, notices = mounts(s.Mounts, c.Volumes)
	return s, notices
}

func first(file, image string) string {
	if file != "" {
		return file
	}
	return image
}

// command follows moby's merge: an entrypoint of the file also drops the
// image's command, since that was meant for the image's entrypoint.
func command(s *project.Service, c *image.Config) (entrypoint, command []string) {
	entrypoint, command = s.Entrypoint, s.Command
	if len(entrypoint) == 0 {
		if len(command) == 0 {
			command = c.Cmd
		}
		if !s.NoEntrypoint {
			entrypoint = c.Entrypoint
		}
	}
	if len(entrypoint) == 1 && entrypoint[0] == "" {
		entrypoint = nil // [""] is docker's other way to write none
	}
	return slices.Clone(entrypoint), slices.Clone(command)
}

// environment puts the file's variables over the image's. An entry of the file
// without "=" removes the variable.
func environment(image, file []string) []string {
	set := make(map[string]bool, len(file))
	for _, kv := range file {
		name, _, _ := strings.Cut(kv, "=")
		set[name] = true
	}
	out := make([]string, 0, len(image)+len(file))
	for _, kv := range image {
		name, _, ok := strings.Cut(kv, "=")
		if ok && name != "" && !set[name] {
			out = append(out, kv)
		}
	}
	return append(out, file...)
}

// healthCheck fills what the file leaves open from the image.
func healthCheck(file *project.HealthCheck, c *image.Config) *project.HealthCheck {
	img := c.Healthcheck
	if img == nil || len(img.Test) == 0 || img.Test[0] == "NONE" {
		img = &image.Healthcheck{}
	}
	var h project.HealthCheck
	if file != nil {
		h = *file
	}
	if len(h.Test) == 0 {
		h.Test = img.Test
	}
	if len(h.Test) == 0 {
		return nil
	}
	if h.Test[0] == "NONE" {
		return &project.HealthCheck{Test: []string{"NONE"}}
	}
	if h.Test[0] == "CMD-SHELL" && len(c.Shell) > 0 {
		h.Test = slices.Concat([]string{"CMD"}, c.Shell, h.Test[1:])
	}
	fill(&h.Interval, img.Interval)
	fill(&h.Timeout, img.Timeout)
	fill(&h.StartPeriod, img.StartPeriod)
	fill(&h.StartInterval, img.StartInterval)
	fill(&h.Retries, img.Retries)
	return &h
}

func fill[T comparable](value *T, from T) {
	var zero T
	if *value == zero {
		*value = from
	}
}

// expose adds the image's ports that the file does not name.
func expose(file, image []string) []string {
	out := slices.Clone(file)
	for _, p := range image {
		bare, _ := strings.CutSuffix(p, "/tcp")
		if !slices.Contains(out, p) && !slices.Contains(out, bare) {
			out = append(out, p)
		}
	}
	return out
}
