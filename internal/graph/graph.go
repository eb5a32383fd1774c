package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// Graph is a project's services, sorted by name.
type Graph struct {
	Project  string `json:"project"`
	Services []Node `json:"services"`
}

// Node is a service.
type Node struct {
	Name     string   `json:"name"`
	Image    string   `json:"image"` // "" = this machine's own files
	Replicas int      `json:"replicas"`
	Needs    []Edge   `json:"depends_on"`
	Networks []string `json:"networks"` // keys of the file
	Ports    []string `json:"ports"`    // "127.0.0.1:8080:80/tcp": address, host's, container's; "" for a random one of the host
	Volumes  []string `json:"volumes"`  // "data:/var/lib": key, path or image, "" for an anonymous one, and where it is mounted
	// Containers are those that exist, by number.
	Containers []Container `json:"containers"`
}

// Edge is what a service waits for.
type Edge struct {
	Service   string `json:"service"`
	Condition string `json:"condition"` // service_started, service_healthy, service_completed_successfully
	Required  bool   `json:"required"`
	Restart   bool   `json:"restart"` // it is restarted with the other
}

// Container is one that exists, as ps shows it.
type Container struct {
	Name     string `json:"name"`
	State    string `json:"state"`
	Health   string `json:"health"`
	ExitCode int    `json:"exit_code"`
}

// Make is the graph of a project: all its services, or those named with what they
// depend on. cs are its containers; those of run and of other services do not count.
func Make(p *project.Project, cs []api.Container, services []string) (*Graph, error) {
	if len(services) > 0 {
		var err error
		if services, err = p.WithDependencies(services); err != nil {
			return nil, err
		}
	}
	g := &Graph{Project: p.Name, Services: []Node{}}
	for i := range p.Services {
		s := &p.Services[i]
		if len(services) > 0 && !slices.Contains(services, s.Name) {
			continue
		}
		g.Services = append(g.Services, node(p, s, cs))
	}
	slices.SortFunc(g.Services, func(a, b Node) int { return cmp.Compare(a.Name, b.Name) })
	return g, nil
}

func node(p *project.Project, s *project.Service, cs []api.Container) Node {
	n := Node{Name: s.Name, Image: s.Image, Replicas: s.Scale,
		Needs: []Edge{}, Networks: []string{}, Ports: []string{}, Volumes: []string{}, Containers: []Container{}}
	for _, d := range s.DependsOn {
		if _, known := p.Service(d.Service); known {
			n.Needs = append(n.Needs, Edge{d.Service, string(d.Condition), d.Required, d.Restart})
		}
	}
	for _, e := range s.Endpoints {
		n.Networks = append(n.Networks, e.Network)
	}
	slices.Sort(n.Networks)
	for i := range s.Ports {
		n.Ports = append(n.Ports, port(&s.Ports[i]))
	}
	for i := range s.Mounts {
		if m := &s.Mounts[i]; m.Type != project.MountTmpfs {
			n.Volumes = append(n.Volumes, m.Source+":"+m.Target)
		}
	}
	ours := slices.DeleteFunc(slices.Clone(cs), func(c api.Container) bool { return c.OneOff || c.Service != s.Name })
	slices.SortFunc(ours, func(a, b api.Container) int { return cmp.Compare(a.Number, b.Number) })
	for _, c := range ours {
		n.Containers = append(n.Containers, Container{c.Name, c.State, c.Health, c.ExitCode})
	}
	slices.SortFunc(n.Needs, func(a, b Edge) int { return cmp.Compare(a.Service, b.Service) })
	return n
}

func port(p *project.Port) string {
	host := ""
	if p.HostPort != 0 {
		host = strconv.Itoa(int(p.HostPort))
	}
	if p.HostPortEnd > p.HostPort {
		host += "-" + strconv.Itoa(int(p.HostPortEnd))
	}
	text := fmt.Sprintf("%s:%d/%s", host, p.Target, p.Protocol)
	if p.HostIP != "" {
		ip := p.HostIP
		if strings.Contains(ip, ":") {
			ip = "[" + ip + "]"
		}
		text = ip + ":" + text
	}
	return text
}

// State is the state of a service in words, "" if it has no container: of one its
// own, of several each with its number.
func (n *Node) State() string {
	counts, order := map[string]int{}, []string{}
	for _, c := range n.Containers {
		word := c.State
		switch {
		case c.State == "exited":
			word = fmt.Sprintf("exited (%d)", c.ExitCode)
		case c.Health != "":
			word += ", " + c.Health
		}
		if counts[word]++; counts[word] == 1 {
			order = append(order, word)
		}
	}
	slices.Sort(order)
	if len(n.Containers) < 2 {
		return strings.Join(order, "")
	}
	for i, word := range order {
		order[i] = fmt.Sprintf("%d %s", counts[word], word)
	}
	return strings.Join(order, "; ")
}

// label is the condition of an edge in few words.
func (e *Edge) label() string {
	words := []string{"started"}
	switch e.Condition {
	case string(project.ConditionHealthy):
		words[0] = "healthy"
	case string(project.ConditionCompleted):
		words[0] = "completed"
	}
	if e.Restart {
		words = append(words, "restart")
	}
	if !e.Required {
		words = append(words, "optional")
	}
	return strings.Join(words, ", ")
}
