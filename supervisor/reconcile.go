package supervisor

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// changes is what an up has to do, by container. It is pure data.
type changes struct {
	create   []Container // new
	recreate []Container // replaces the container of the same name
	keep     []Container // exists; with the service as it is now
	surplus  []Replica   // numbers above the scale, highest first
	orphans  []Replica   // their service has left the file
	restart  []Replica   // run, and follow a recreated one (restart: true)
	all      []Replica   // what will exist: for the order of starts
}

// names are the containers that the up is about.
func (c *changes) names() []string {
	var names []string
	for _, group := range [][]Container{c.create, c.recreate, c.keep} {
		for n := range group {
			names = append(names, group[n].Name)
		}
	}
	slices.Sort(names)
	return names
}

// reconcile compares the file with what exists.
func reconcile(b *api.UpRequest, selected []string, existing []Replica) changes {
	var c changes
	byName := map[string]Replica{}
	for _, r := range existing {
		byName[r.Name] = r
		_, inFile := b.Project.Service(r.Service.Name)
		if !inFile && !slices.Contains(b.Project.Disabled, r.Service.Name) {
			c.orphans = append(c.orphans, r)
		}
	}
	for _, name := range selected {
		svc, _ := b.Project.Service(name)
		hash := b.Project.Hash(svc)
		wanted := map[string]bool{}
		for number := 1; number <= svc.Scale; number++ {
			n := newContainer(&b.Project, svc, hash, number)
			wanted[n.Name] = true
			old, exists := byName[n.Name]
			c.sort(b.Recreate, n, old, exists)
		}
		for _, r := range existing {
			if r.Service.Name == name && !wanted[r.Name] {
				c.surplus = append(c.surplus, r)
			}
		}
	}
	slices.Reverse(c.surplus)
	c.followers(existing)
	return c
}

// sort puts one wanted container into its group.
func (c *changes) sort(policy api.Recreate, n Container, old Replica, exists bool) {
	switch {
	case !exists:
		c.create = append(c.create, n)
	case policy == api.RecreateForce, policy != api.RecreateNever && old.Hash != n.Hash:
		c.recreate = append(c.recreate, n)
	default:
		kept := old.Container
		if old.Hash == n.Hash {
			// What the hash leaves out may have changed.
			kept.Service = n.Service
		}
		n = kept
		c.keep = append(c.keep, kept)
	}
	c.all = append(c.all, Replica{Container: n})
}

// followers finds the running containers that restart with a recreated one.
func (c *changes) followers(existing []Replica) {
	hit := map[string]bool{}
	for n := range c.recreate {
		hit[c.recreate[n].Service.Name] = true
	}
	for grown := len(hit) > 0; grown; {
		grown = false
		for _, r := range existing {
			if hit[r.Service.Name] || !followsAny(&r.Container, hit) {
				continue
			}
			hit[r.Service.Name], grown = true, true
		}
	}
	for _, r := range existing {
		running := r.State == Running || r.State == Waiting
		again := slices.ContainsFunc(c.recreate, func(n Container) bool { return n.Name == r.Name })
		if running && !again && hit[r.Service.Name] && followsAny(&r.Container, hit) {
			c.restart = append(c.restart, r)
		}
	}
}

func followsAny(c *Container, services map[string]bool) bool {
	for s := range services {
		if restartsWith(c, s) {
			return true
		}
	}
	return false
}

func newContainer(p *project.Project, svc *project.Service, hash string, number int) Container {
	var id [32]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand, Go 1.24)
	return Container{
		Project: p.Name, Dir: p.WorkingDir, Name: containerName(p.Name, svc, number),
		ID: hex.EncodeToString(id[:]), Number: number, Service: *svc, Hash: hash, Created: time.Now(),
	}
}
