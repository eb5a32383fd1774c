package delegate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// obtainLimit bounds the search for a subtree: the longest wait is for a manager
// that accepts a connection and says nothing.
const obtainLimit = 25 * time.Second

// Obtain finds D, or makes it, and moves the holder and the supervisor into its
// leaf. Without D the error is a *NoneError. It is bounded by itself, to some
// seconds; a ctx that is done ends it at once.
//
// The caller is the supervisor: it is in the user namespace, and the only one that
// asks for its project.
func Obtain(ctx context.Context, r Request) (Delegation, error) {
	ctx, cancel := context.WithTimeout(ctx, obtainLimit)
	defer cancel()
	s, err := newSearch(r)
	if err != nil {
		return Delegation{}, err
	}
	if d, ok := s.recorded(ctx); ok {
		return s.describe(d), nil
	}
	d, ok := s.unrecorded(ctx)
	if !ok {
		if d, err = s.find(ctx); err != nil {
			return Delegation{}, err
		}
	}
	_ = state.Save(r.Record, d) // without it the next supervisor finds D by the holder's place
	return s.describe(d), nil
}

// search is the state of one Obtain.
type search struct {
	Request
	h    hierarchy
	user account
	from string // the cgroup that the supervisor was in
}

func newSearch(r Request) (*search, error) {
	if os.Getenv("MOCKER_FORCE_NO_CGROUP") != "" {
		return nil, &NoneError{Cause: "MOCKER_FORCE_NO_CGROUP is set", Remedy: "unset MOCKER_FORCE_NO_CGROUP, then mocker-compose down and up"}
	}
	h, err := findHierarchy()
	if err != nil {
		return nil, noHierarchy(err)
	}
	user, err := outside()
	if err != nil {
		return nil, &NoneError{Cause: err.Error()}
	}
	from, _ := h.dirOf(os.Getpid()) // "": it is not to be seen here, and nothing can be moved back
	return &search{Request: r, h: h, user: user, from: from}, nil
}

// find goes the ways, in order.
func (s *search) find(ctx context.Context) (Delegation, error) {
	if dir := os.Getenv(HandOver); dir != "" {
		return s.handedOver(ctx, dir)
	}
	d, asked := s.bySystemd(ctx)
	if asked == nil {
		return d, nil
	}
	d, err := s.current(ctx)
	if err == nil {
		return d, nil
	}
	return d, s.why(asked, err)
}

// recorded is the D of an earlier supervisor, if its directory is the same one and
// the project's holder is in it, or can be put there.
func (s *search) recorded(ctx context.Context) (d Delegation, ok bool) {
	sameBoot, err := state.Load(s.Record, &d)
	if err != nil || !sameBoot {
		return d, false
	}
	if inode(d.Dir) != d.Inode || !isV2(d.Dir) {
		return d, false
	}
	if dir, err := s.h.dirOf(s.Holder); err == nil && below(dir, d.Dir) {
		return d, s.settle(ctx, d) == nil
	}
	// It is that of a holder that died. What it left is nobody's, and a run is
	// never started in a directory of before.
	_ = s.discard(d) // what cannot be removed is met again below
	return d, false
}

// unrecorded is the D that the project's holder is in all the same: who made it died
// before it was on record, or could not write that.
func (s *search) unrecorded(ctx context.Context) (d Delegation, ok bool) {
	dir, err := s.h.dirOf(s.Holder)
	if err != nil {
		return d, false
	}
	if filepath.Base(dir) == Holder {
		dir = filepath.Dir(dir)
	}
	by, unit := projectsOwn(filepath.Base(dir), s.Project)
	if by == "" {
		return d, false
	}
	if given := os.Getenv(HandOver); by == ByCurrent && given != "" && below(dir, given) {
		by = ByHandedOver
	}
	d = Delegation{Dir: dir, By: by, Unit: unit, From: s.from, Inode: inode(dir)}
	return d, s.settle(ctx, d) == nil
}

// projectsOwn tells by the name of a cgroup which way a project got it, "" if it is none
// of the project's.
func projectsOwn(name, project string) (by, unit string) {
	plain := strings.TrimSuffix(scopeName(project, ""), ".scope")
	switch rest, ok := strings.CutPrefix(name, plain); {
	case name == dirName(project):
		return ByCurrent, ""
	case ok && strings.HasSuffix(rest, ".scope") && (rest == ".scope" || rest[0] == '.'):
		return BySystemd, name
	}
	return "", ""
}

// settle puts holder and supervisor into the leaf of D, and sees to it that no
// process is in D itself.
func (s *search) settle(ctx context.Context, d Delegation) error {
	g, err := openGroup(d.Dir)
	if err != nil {
		return err
	}
	defer g.close()
	leaf, err := g.child(Holder)
	if err != nil {
		return err
	}
	defer leaf.close()
	if err := s.put(ctx, d, leaf, s.Holder); err != nil {
		return err
	}
	// Not all depends on it: the groups are made by their directory, and it is the
	// holder from which runs are born. But in a session it would end with that.
	if err := s.put(ctx, d, leaf, s.Supervisor); err == nil {
		s.putFamily(leaf)
	}
	return g.pour(leaf)
}

// put moves a process into the leaf, by our own hand or by systemd's: the kernel
// lets only those move a process who may write the common ancestor of both groups.
func (s *search) put(ctx context.Context, d Delegation, leaf *group, pid int) error {
	if dir, err := s.h.dirOf(pid); err == nil && dir == leaf.path {
		return nil
	}
	err := leaf.move(pid)
	if err == nil || d.By != BySystemd {
		return err
	}
	a, aerr := ask(ctx, s.Start, Question{
		Op: OpAttach, Unit: d.Unit, Below: "/" + Holder, PIDs: []int{pid}, UID: s.user.uid, Addresses: reachable(s.user.sockets()),
	})
	if aerr == nil && a.Error != "" {
		aerr = errors.New(a.Error)
	}
	if aerr != nil {
		return fmt.Errorf("%w; systemd cannot either: %w", err, aerr)
	}
	return nil
}

// describe adds what is to be said of a D.
func (s *search) describe(d Delegation) Delegation {
	g, err := openGroup(d.Dir)
	if err == nil {
		d.Controllers = g.controllers()
		g.close()
	}
	d.Missing = nil
	for _, c := range Wanted {
		if !slices.Contains(d.Controllers, c) {
			d.Missing = append(d.Missing, c)
		}
	}
	d.Cause, d.Remedy = s.lacks(d)
	d.Notice = s.notice(d)
	return d
}
