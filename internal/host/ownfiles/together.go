package ownfiles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/project"
)

// Party is a service of a project, and what it wants by itself.
type Party struct {
	Service *project.Service // with what its image says
	Wish    exchange.IDs
	// Fixed: its ids are as they are, since it has containers that have them.
	Fixed bool
}

// Settle decides for services together: whoever writes files that another one uses should
// see the same owners as that one. The services are changed as little as can be:
//
//   - One that prepares the files of another for it, as root, gets the ids of that one: a
//     `chown -R 1000` in it gives them to whom the other calls 1000.
//   - Where two cannot agree, what nobody has asked for is given up; what was asked for
//     stays. Either is said, in one line for each pair.
//
// Root of a service without an exchange is the user, whose files are everybody's: with
// binds that is no disagreement.
func Settle(parties []Party) (ids map[string]exchange.IDs, notices []string) {
	ids = map[string]exchange.IDs{}
	places := map[string][]project.Place{}
	for i := range parties {
		p := &parties[i]
		ids[p.Service.Name] = p.Wish
		places[p.Service.Name] = placesOf(p.Service, parties)
	}
	for i := range parties {
		if x, ok := prepares(&parties[i], parties, places); ok {
			ids[parties[i].Service.Name] = x
		}
	}
	for again := true; again; { // who gives up may disagree with one that did not
		again = false
		for i := range parties {
			s := &parties[i]
			if x := ids[s.Service.Name]; x.None() || s.Fixed || s.Service.OwnFiles != "" {
				continue
			}
			if with, at := disagrees(s, parties, places, ids); with != nil {
				ids[s.Service.Name], again = exchange.IDs{}, true
				notices = append(notices, fmt.Sprintf("service %s: what it writes into your directories will not be yours: it shares %s with %s, which %s. To have both agree, write for both: x-mocker: {own_files: %q}",
					s.Service.Name, at, with.Service.Name, with.seesAs(ids), userOf(s.Service, s.Wish)))
			}
		}
	}
	for i := range parties {
		s := &parties[i]
		if x := ids[s.Service.Name]; !x.None() && (s.Fixed || s.Service.OwnFiles != "") {
			if with, at := disagrees(s, parties, places, ids); with != nil && (at.Volume == "" || s.Service.OwnFiles == "" || with.Service.OwnFiles == "") { // else the loader says it
				notices = append(notices, fmt.Sprintf("service %s: %s, which has x-mocker.own_files, shares %s with %s, which %s: each sees files of the other as root's. To have both agree, write for both: x-mocker: {own_files: %q}",
					s.Service.Name, userOf(s.Service, x), at, with.Service.Name, with.seesAs(ids), userOf(s.Service, x)))
			}
		}
	}
	return ids, notices
}

func userOf(s *project.Service, x exchange.IDs) string {
	switch {
	case s.OwnFiles != "" && s.OwnFiles != project.OwnFilesOn && s.OwnFiles != project.OwnFilesOff:
		return s.OwnFiles
	case !rootUser(s.User):
		return s.User
	}
	return x.String()
}

// seesAs says how a party differs.
func (p *Party) seesAs(ids map[string]exchange.IDs) string {
	x := ids[p.Service.Name]
	switch why := taken(p.Service, true); {
	case !x.None():
		return "has x-mocker.own_files of " + userOf(p.Service, x)
	case p.Service.OwnFiles == project.OwnFilesOff:
		return "has x-mocker.own_files: false"
	case p.Service.Image == "":
		return "has no image"
	case why != "":
		return "has " + why
	}
	return "has none"
}

// placesOf are those of a service, with what it has of others (volumes_from).
func placesOf(s *project.Service, all []Party) []project.Place {
	list := s.Places()
	for _, from := range s.VolumesFrom {
		for i := range all {
			if other := all[i].Service; other.Name == from.Service && other != s {
				for _, p := range other.Places() {
					p.Write = p.Write && !from.ReadOnly
					list = append(list, p)
				}
			}
		}
	}
	return list
}

// prepares tells whether a service makes the files of others ready for them, whose ids it
// is to have: it begins as root, writes to nothing but places of these, and gives files
// away by its command, or they wait for its end.
func prepares(p *Party, all []Party, places map[string][]project.Place) (x exchange.IDs, ok bool) {
	s := p.Service
	if p.Fixed || !p.Wish.None() || s.OwnFiles != "" || s.Image == "" || !rootUser(s.User) || taken(s, true) != "" {
		return x, false
	}
	gives := slices.ContainsFunc(slices.Concat(s.Entrypoint, s.Command), func(word string) bool { return strings.Contains(word, "chown") })
	for _, at := range places[s.Name] {
		if !at.Write {
			continue
		}
		owner, awaited := exchange.IDs{}, false
		for i := range all {
			o := &all[i]
			if o != p && !o.Wish.None() && slices.ContainsFunc(places[o.Service.Name], at.Common) {
				owner, awaited = o.Wish, awaits(o.Service, s.Name)
			}
		}
		if owner.None() || !gives && !awaited || !x.None() && owner != x {
			return exchange.IDs{}, false
		}
		x = owner
	}
	return x, !x.None()
}

func awaits(s *project.Service, of string) bool {
	return slices.ContainsFunc(s.DependsOn, func(d project.Dependency) bool {
		return d.Service == of && d.Condition == project.ConditionCompleted
	})
}

// disagrees finds a service that sees other owners in files that both have.
func disagrees(s *Party, all []Party, places map[string][]project.Place, ids map[string]exchange.IDs) (*Party, project.Place) {
	x := ids[s.Service.Name]
	for i := range all {
		o := &all[i]
		y := ids[o.Service.Name]
		if o == s || x == y {
			continue
		}
		for _, at := range places[s.Service.Name] {
			shared := slices.ContainsFunc(places[o.Service.Name], at.Common)
			if shared && (at.Volume != "" || y.None() && !rootUser(o.Service.User)) {
				return o, at
			}
		}
	}
	return nil, project.Place{}
}

// rootUser tells whether a service begins as root.
func rootUser(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "" || name == "0" || name == "root"
}
