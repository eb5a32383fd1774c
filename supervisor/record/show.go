package record

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// Show is the replica as ps prints it, as far as the record knows. p is the
// project that it belongs to.
func (r *Replica) Show(p *project.Project, dirs state.Dirs) api.Container {
	c := api.Container{
		ID: r.ID, Name: r.Name, Project: r.Project, Service: r.Service.Name, Number: r.Number,
		Image: r.imageName(), Command: slices.Concat(r.Service.Entrypoint, r.Service.Command),
		Created: r.Created, Started: r.Started, Finished: r.Finished,
		State: r.DockerState(), Restarts: r.Restarts, Reason: r.Why(),
		LogDir: dirs.LogDir(r.Project, r.Name), LogDriver: r.Service.Logging.Driver, OneOff: r.OneOff != nil, Step: r.OneOff != nil && r.OneOff.Step != nil,
	}
	if r.State == states.Running || r.State == states.Stopping {
		c.Health = r.Health.Status.String()
		if r.Health.Status != policy.Healthy {
			c.HealthReason = strings.TrimSpace(r.Health.Explain())
		}
	}
	if r.Exit != nil {
		c.ExitCode, c.OOM = r.Exit.Code, r.Exit.OOM
	}
	if mode := r.Service.NetworkMode; mode == "host" || mode == "none" {
		c.Networks = []string{mode} // docker has networks of these names
	}
	for _, e := range r.Service.Endpoints {
		c.Networks = append(c.Networks, r.NetworkName(e.Network))
	}
	return c
}

// DockerState is docker's word for the state.
func (r *Replica) DockerState() string {
	if r.State == states.Starting && r.Restarts == 0 {
		return states.Created.Docker()
	}
	return r.State.Docker()
}

// imageName is the image as ps shows it.
func (r *Replica) imageName() string {
	if r.Image.Name != "" {
		return r.Image.Name
	}
	return r.Service.Image
}

// Describe adds what is asked for by few: labels and mounts. p is the project that the
// replica belongs to.
func (r *Replica) Describe(c *api.Container, p *project.Project) {
	c.Labels = r.Labels(p)
	for _, m := range r.Service.Mounts {
		if m.Type == project.MountVolume {
			c.Volumes++
		}
		name := m.Source
		if resolved, ok := r.Volumes[name]; ok && m.Type == project.MountVolume {
			name = resolved
		}
		if name != "" {
			c.Mounts = append(c.Mounts, name)
		}
	}
}

// composeLabel begins the labels that are docker compose's own.
const composeLabel = "com.docker.compose."

// Labels are those of the file and, as docker compose sets them, those that
// tell where the container comes from. The latter are ours: the file does not
// override them.
func (r *Replica) Labels(p *project.Project) map[string]string {
	m := maps.Clone(r.Service.Labels)
	if m == nil {
		m = make(map[string]string)
	}
	m[composeLabel+"project"] = r.Project
	m[composeLabel+"service"] = r.Service.Name
	m[composeLabel+"container-number"] = strconv.Itoa(r.Number)
	m[composeLabel+"config-hash"] = r.Hash
	m[composeLabel+"oneoff"] = "False"
	if r.OneOff != nil {
		m[composeLabel+"oneoff"] = "True"
		m[composeLabel+"slug"] = r.OneOff.Slug
	}
	m[composeLabel+"project.working_dir"] = r.Dir
	m[composeLabel+"project.config_files"] = strings.Join(p.ConfigFiles, ",")
	m[composeLabel+"depends_on"] = dependsOn(r.Service.DependsOn)
	if r.Image.ID != "" {
		m[composeLabel+"image"] = r.Image.ID
	}
	return m
}

// dependsOn writes dependencies as the label has them: "db:service_healthy:true".
func dependsOn(list []project.Dependency) string {
	var out []string
	for _, d := range list {
		out = append(out, d.Service+":"+string(d.Condition)+":"+strconv.FormatBool(d.Restart))
	}
	return strings.Join(out, ",")
}

// Why is the reason in words.
func (r *Replica) Why() string {
	if r.Reason == states.ReasonOOM {
		return r.Out()
	}
	if r.Detail != "" {
		return r.Reason.String() + ": " + r.Detail
	}
	return r.Reason.String()
}
