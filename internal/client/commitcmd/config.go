package commitcmd

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// config is the image's configuration: that of the container's image (raw), with
// what the service has put over it, and the changes. diff is the new layer, "" if
// nothing was changed.
func (t *tree) config(raw []byte, o *CommitOptions, diff string) ([]byte, error) {
	var f config.File
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("configuration of its image: %w", err)
	}
	t.over(&f.Config)
	if err := dockerfile.Change(&f.Config, o.Changes); err != nil {
		return nil, err
	}
	f.Created, f.Author = time.Now().UTC(), o.Author
	f.History = append(f.History, config.History{
		Created: f.Created, CreatedBy: strings.Join(t.service.Command, " "), Comment: o.Message, EmptyLayer: diff == "",
	})
	if diff != "" {
		f.RootFS.DiffIDs = append(f.RootFS.DiffIDs, diff)
	}
	return json.Marshal(f)
}

// over puts what the container has in place of what its image says, as docker
// does. The labels that make a container one of a project stay with it.
func (t *tree) over(c *config.Config) {
	s := &t.service
	c.Env = slices.DeleteFunc(slices.Clone(s.Environment), func(kv string) bool { return !strings.Contains(kv, "=") })
	c.Cmd, c.Entrypoint = s.Command, s.Entrypoint
	c.User, c.WorkingDir, c.StopSignal = s.User, s.WorkingDir, s.StopSignal
	labels := maps.Clone(s.Labels)
	maps.DeleteFunc(labels, func(name, _ string) bool { return strings.HasPrefix(name, "com.docker.compose.") })
	c.Labels = labels
	c.ExposedPorts = map[string]struct{}{}
	for _, p := range s.Expose {
		if !strings.Contains(p, "/") {
			p += "/tcp"
		}
		c.ExposedPorts[p] = struct{}{}
	}
	if h := s.HealthCheck; h != nil {
		c.Healthcheck = &config.Healthcheck{
			Test: h.Test, Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, StartInterval: h.StartInterval, Retries: h.Retries,
		}
	}
}
