package delegate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// HandOver is the environment variable that names a directory of cgroup v2 which an
// administrator has given to the user.
const HandOver = "MOCKER_CGROUP"

// handedOver makes D below a directory that somebody has given to us. Whoever names
// one wants that one: what is wrong with it is told, and no other is taken.
func (s *search) handedOver(ctx context.Context, dir string) (Delegation, error) {
	g, err := s.handedGroup(dir)
	if err != nil {
		return Delegation{}, err
	}
	defer g.close()
	d, err := s.layOut(ctx, g, ByHandedOver)
	if err != nil {
		return d, &NoneError{Cause: HandOver + "=" + dir + ": " + err.Error()}
	}
	return d, nil
}

// handedGroup is the group at dir, if it is fit; each way in which it is not has its
// own words.
func (s *search) handedGroup(dir string) (_ *group, err error) {
	none := func(cause, remedy string) (*group, error) {
		return nil, &NoneError{Cause: HandOver + "=" + dir + ": " + cause, Remedy: remedy}
	}
	if !filepath.IsAbs(dir) {
		return none("is not an absolute path", fmt.Sprintf("export %s=%s", HandOver, filepath.Join(s.h.mount, dir)))
	}
	real, err := filepath.EvalSymlinks(dir)
	switch {
	case errors.Is(err, os.ErrNotExist) && below(filepath.Clean(dir), s.h.mount):
		return none("there is no such directory", s.giveCommand(filepath.Clean(dir)))
	case err != nil:
		return none(bare(err).Error(), s.giveCommand(s.gift()))
	case !isV2(real):
		return none("is not a directory of cgroup v2, which is mounted at "+s.h.mount, s.giveCommand(s.gift()))
	}
	dir = real
	g, err := openGroup(dir)
	if err != nil {
		return none(bare(err).Error(), s.giveCommand(dir))
	}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	if err := g.usable(); err != nil {
		give := dir
		if len(g.children()) > 0 || g.isRoot() || !g.emptied() {
			give = s.gift() // this one is in use by others: nobody should give it away
		}
		return none(err.Error(), s.giveCommand(give))
	}
	if err := s.noStranger(g); err != nil {
		return none(err.Error()+": it may only be in a group below", makeRoom(dir))
	}
	// The kernel lets only those move a process who may write the common ancestor.
	if top := common(s.from, dir); s.from == "" || writable(filepath.Join(top, "cgroup.procs")) != nil {
		return none(fmt.Sprintf("this runs in %s, and from there only an administrator can move it", firstNonEmpty(s.from, "a cgroup that is not to be seen")),
			s.giveCommand(dir))
	}
	return g, nil
}

// common is the deepest directory that both paths are in.
func common(a, b string) string {
	for !below(b, a) && a != "/" {
		a = filepath.Dir(a)
	}
	return a
}

// giveCommand is for the administrator: it makes the directory, with controllers,
// gives it away (cgroup-v2.rst, "Model of Delegation"), and puts the shell into it: what
// runs outside could not be moved there.
func (s *search) giveCommand(dir string) string {
	return fmt.Sprintf("sudo sh -c 'mkdir -p %[1]s/shell && cd %[1]s && "+
		"for c in %[3]s; do echo +$c >../cgroup.subtree_control; done 2>/dev/null; "+
		"chown %[2]d . cgroup.procs cgroup.subtree_control cgroup.threads shell shell/cgroup.procs && echo $0 >shell/cgroup.procs' $$ && export %[4]s=%[1]s",
		dir, s.user.uid, strings.Join(Wanted, " "), HandOver)
}

// makeRoom moves the processes of a group that is ours into one below.
func makeRoom(dir string) string {
	return fmt.Sprintf("mkdir -p %[1]s/shell && for p in $(cat %[1]s/cgroup.procs); do echo $p >%[1]s/shell/cgroup.procs; done", dir)
}
