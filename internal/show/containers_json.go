package show

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// ContainerJSON is one line of `ps --format json`: docker compose's keys.
type ContainerJSON struct {
	labels       map[string]string
	Command      string      `json:"Command"`
	Created      int64       `json:"Created"` // unix seconds
	CreatedAt    string      `json:"CreatedAt"`
	Engine       string      `json:"Engine"` // always empty: there is none
	ExitCode     int         `json:"ExitCode"`
	Health       string      `json:"Health"`
	HealthReason string      `json:"HealthReason,omitempty"` // what the last probe said, unless it is healthy; not in docker's ps
	ID           string      `json:"ID"`
	Image        string      `json:"Image"`
	Labels       string      `json:"Labels"`       // key=value, by commas, sorted
	LocalVolumes string      `json:"LocalVolumes"` // how many volumes it has
	Mounts       string      `json:"Mounts"`       // volumes and sources of binds, by commas, cut to 15 characters without --no-trunc
	Name         string      `json:"Name"`
	Names        string      `json:"Names"`
	Networks     string      `json:"Networks"`
	OOMKilled    bool        `json:"OOMKilled,omitempty"` // as docker inspect has it; not in docker's ps
	Ports        string      `json:"Ports"`
	Project      string      `json:"Project"`
	Publishers   []Publisher `json:"Publishers"`
	RunningFor   string      `json:"RunningFor"`
	Service      string      `json:"Service"`
	Size         string      `json:"Size"`
	State        string      `json:"State"`
	Status       string      `json:"Status"`
}

// Publisher is a published port in `ps --format json`.
type Publisher struct {
	URL           string `json:"URL"` // the host address
	TargetPort    int    `json:"TargetPort"`
	PublishedPort int    `json:"PublishedPort"`
	Protocol      string `json:"Protocol"`
}

// Describe makes the object that `ps --format` works on.
func Describe(c *api.Container, now time.Time, full bool) ContainerJSON {
	return ContainerJSON{
		labels:       c.Labels,
		Command:      command(c, full),
		Created:      c.Created.Unix(),
		CreatedAt:    c.Created.Format("2006-01-02 15:04:05 -0700 MST"),
		ExitCode:     c.ExitCode,
		Health:       c.Health,
		HealthReason: c.HealthReason,
		ID:           ID(c, full),
		Image:        c.Image,
		Labels:       labels(c.Labels),
		LocalVolumes: strconv.Itoa(c.Volumes),
		Mounts:       mounts(c.Mounts, full),
		Name:         c.Name,
		Names:        c.Name,
		Networks:     strings.Join(c.Networks, ","),
		OOMKilled:    c.OOM,
		Ports:        Ports(c.Ports),
		Project:      c.Project,
		Publishers:   publishers(c.Ports),
		RunningFor:   Human(now.Sub(c.Created)) + " ago",
		Service:      c.Service,
		Size:         "0B",
		State:        c.State,
		Status:       Status(c, now),
	}
}

// Label is the value of a label, for templates: {{.Label "com.docker.compose.service"}}.
func (c ContainerJSON) Label(name string) string { return c.labels[name] }

// mountWidth is how much docker compose shows of the name of a mount.
const mountWidth = 15

func mounts(names []string, full bool) string {
	if full {
		return strings.Join(names, ",")
	}
	short := make([]string, len(names))
	for i, n := range names {
		short[i] = ellipsis(n, mountWidth)
	}
	return strings.Join(short, ",")
}

// ContainersJSON prints one object per line.
func ContainersJSON(w io.Writer, cs []api.Container, now time.Time, full bool) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // "->" of a port is no HTML
	for i := range cs {
		if err := enc.Encode(Describe(&cs[i], now, full)); err != nil {
			return err
		}
	}
	return nil
}

func labels(m map[string]string) string {
	pairs := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		pairs = append(pairs, k+"="+m[k])
	}
	return strings.Join(pairs, ",")
}

func publishers(ports []api.Port) []Publisher {
	out := make([]Publisher, 0, len(ports))
	for _, p := range ports {
		out = append(out, Publisher{hostIP(p), int(p.Target), int(p.Published), p.Protocol})
	}
	return out
}
