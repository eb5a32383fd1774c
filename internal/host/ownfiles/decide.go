package ownfiles

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/userspec"
	"github.com/mocker-compose/mocker-compose/project"
)

// Wanted is what is known of a container that is to be made.
type Wanted struct {
	// Service is the service with what its image says, which is Config.
	Service *project.Service
	Config  *image.Config
	// Root is the image's root directory, to be read.
	Root *os.File
	// Data are the files that it will have in place of the image's.
	Data []Data
}

// Candidate tells, without looking at the image, whether there is anything to decide.
func Candidate(s *project.Service) bool {
	return s.Image != "" && (s.OwnFiles != "" || slices.ContainsFunc(s.Mounts, func(m project.Mount) bool { return m.Type == project.MountBind }))
}

// Wish finds the ids that the service wants exchanged by itself; none if nothing is.
// notice is for the user, "" = nothing.
func (w *Wanted) Wish() (x exchange.IDs, notice string, err error) {
	asked := w.Service.OwnFiles
	switch asked {
	case project.OwnFilesOff:
		return x, w.givenUp(), nil
	case "":
		x, notice, err = w.auto()
		if err != nil {
			return exchange.IDs{}, "", nil // the start says what is wrong with the user
		}
		return x, notice, nil
	case project.OwnFilesOn:
		x, _, err = w.found(false)
		if err == nil && x.UID == 0 {
			err = errors.New("the service begins as root, and its image does not tell who owns the places of its mounts: name the user, for example own_files: postgres")
		}
	default:
		x, err = w.ids(asked)
		if err == nil && x.UID == 0 {
			err = errors.New("it is root, whose files are yours without it")
		}
	}
	if err != nil {
		return x, "", fmt.Errorf("x-mocker.own_files: %s: %w", asked, err)
	}
	if lost := Lost(w.Service.CapAdd); len(lost) > 0 {
		notice = fmt.Sprintf("service %s: cap_add %s has no effect with x-mocker.own_files", w.Service.Name, strings.Join(lost, ", "))
	}
	return x, notice, nil
}

// Check has the data that is there decide whether these ids may be exchanged.
func (w *Wanted) Check(x exchange.IDs) (_ exchange.IDs, notice string, err error) {
	if x.None() {
		return x, "", nil
	}
	d, left := w.otherwise(x)
	switch {
	case d == nil:
		return x, left, nil
	case w.Service.OwnFiles == "":
		return exchange.IDs{}, w.says(d, x), nil
	}
	return x, "", errors.New(w.says(d, x))
}

// found are the ids of whom the service runs as, and whether it begins as root.
func (w *Wanted) found(auto bool) (x exchange.IDs, began bool, err error) {
	x, err = w.ids(w.Service.User)
	if err != nil || x.UID != 0 {
		return x, false, err
	}
	if owner := w.receiver(); owner != "" {
		if to, err := w.ids(owner); err == nil && to.UID != 0 {
			return to, true, nil
		}
	}
	x, err = w.stepsDownTo(auto)
	return x, true, err
}

// auto are the ids where nobody has asked. It has to be wanted: something of the user's
// own is mounted. It has to be safe: nothing that the file asks for is lost by it.
func (w *Wanted) auto() (x exchange.IDs, notice string, err error) {
	x, began, err := w.found(true)
	if err != nil || x.UID == 0 {
		return exchange.IDs{}, "", err
	}
	if !slices.ContainsFunc(w.Data, func(d Data) bool { return !d.Volume && d.own(x) && (d.Write || !began) }) {
		return exchange.IDs{}, "", nil
	}
	why := taken(w.Service, began)
	if why == "" {
		return x, "", nil
	}
	remedy := ""
	if !w.Service.Privileged {
		remedy = fmt.Sprintf(". If it can do without: x-mocker: {own_files: %q}", cmp.Or(w.Service.User, x.String()))
	}
	if !slices.ContainsFunc(w.Data, func(d Data) bool { return !d.Volume && d.Write }) {
		return exchange.IDs{}, "", nil // it writes nothing of the user's
	}
	return exchange.IDs{}, fmt.Sprintf("service %s: what it writes into your directories will belong to user %d of containers, not to you: %s is not possible with x-mocker.own_files%s",
		w.Service.Name, x.UID, why, remedy), nil
}

// ids looks a user up in the image.
func (w *Wanted) ids(user string) (exchange.IDs, error) {
	u, err := userspec.InRoot(w.Root, user, nil)
	if err != nil {
		return exchange.IDs{}, err
	}
	return exchange.IDs{UID: u.UID, GID: u.GID}, nil
}
