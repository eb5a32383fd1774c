package news

import (
	"maps"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// Labels of docker compose on a network.
const (
	labelProject = "com.docker.compose.project"
	labelNetwork = "com.docker.compose.network"
)

// DescribeNetwork adds to n what the file of a project says of it, with the id that its
// events have. One that belongs to no project is described elsewhere.
func DescribeNetwork(n *api.Network, projectName string, d project.Network, born time.Time) {
	if n.External {
		return
	}
	n.Project, n.Key, n.Attachable = projectName, d.Key, d.Attachable
	n.ID, n.Created = NetworkID(projectName, n.Name), born
	n.Labels = map[string]string{}
	maps.Copy(n.Labels, d.Labels)
	n.Labels[labelProject], n.Labels[labelNetwork] = projectName, d.Key
	n.Labels[project.HashLabel] = d.Hash()
	for i := range n.Subnets {
		for _, s := range d.Subnets {
			if s.Subnet == n.Subnets[i].Subnet {
				n.Subnets[i].IPRange, n.Subnets[i].Aux = s.IPRange, s.Aux
			}
		}
	}
}
