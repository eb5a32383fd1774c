package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
)

// The matrix: two users with three projects each, of six networks and nine
// services. Every container tries every other, at each of its addresses, by TCP,
// UDP, ICMP and ARP in both families, and by name. What shares a network reaches
// each other, and nothing else does.

const matrixProjects = 3

// matrixLanes is how many containers try at the same time. Each waits for what does
// not answer for nearly all of its time.
const matrixLanes = 18

// matrixNets are the networks of each project.
var matrixNets = []struct {
	v4, v6, internal bool
}{
	{v4: true, v6: true}, {v4: true, v6: true}, {v4: true, v6: true, internal: true}, {v4: true}, {v4: true, internal: true}, {v6: true},
}

// matrixPlaces are on which networks the services of each project are.
var matrixPlaces = [][]int{{0}, {1}, {2}, {3}, {4}, {5}, {0, 1}, {2, 4}, {0, 3, 5}}

// cell is one container.
type cell struct {
	user, project, service int
}

func (c cell) name() string { return fmt.Sprintf("s%d-p%d-u%d", c.service, c.project, c.user) }

// addrs are its addresses on the network; no two in the matrix are the same.
func (c cell) addrs(net int) (v4, v6 string) {
	if matrixNets[net].v4 {
		v4 = fmt.Sprintf("10.%d.%d.%d", 100+c.user, c.project*10+net, 10+c.service)
	}
	if matrixNets[net].v6 {
		v6 = fmt.Sprintf("fd00:%d:%d:%d::%d", 10+c.user, 1+c.project, 1+net, 10+c.service)
	}
	return v4, v6
}

// matrixFile is the compose file of a project.
func matrixFile(user, project int) string {
	var b strings.Builder
	b.WriteString("services:\n")
	for service, nets := range matrixPlaces {
		c := cell{user, project, service}
		var all []string
		var places strings.Builder
		for _, n := range nets {
			v4, v6 := c.addrs(n)
			fmt.Fprintf(&places, "      n%d:\n", n)
			for key, a := range map[string]string{"ipv4_address": v4, "ipv6_address": v6} {
				if a != "" {
					fmt.Fprintf(&places, "        %s: %q\n", key, a)
					all = append(all, a)
				}
			}
		}
		fmt.Fprintf(&b, "  %s:\n    command: ./probe world %s %s\n    networks:\n%s", c.name(), c.name(), strings.Join(all, " "), places.String())
	}
	b.WriteString("networks:\n")
	for i, n := range matrixNets {
		fmt.Fprintf(&b, "  n%d:\n    internal: %t\n    enable_ipv4: %t\n    enable_ipv6: %t\n    ipam:\n      config:\n", i, n.internal, n.v4, n.v6)
		if n.v4 {
			fmt.Fprintf(&b, "        - subnet: 10.%d.%d.0/24\n", 100+user, project*10+i)
		}
		if n.v6 {
			fmt.Fprintf(&b, "        - subnet: fd00:%d:%d:%d::/64\n", 10+user, 1+project, 1+i)
		}
	}
	return b.String()
}

// attempts are the targets that from has for to, and what must come of each:
// the beginning of the result, or "" for none of the answers.
func (c cell) attempts(to cell) map[string]string {
	same := c.user == to.user && c.project == to.project
	want := map[string]string{}
	var named []string
	met := false
	for _, n := range matrixPlaces[to.service] {
		shared := same && slices.Contains(matrixPlaces[c.service], n)
		met = met || shared
		v4, v6 := to.addrs(n)
		for _, a := range []string{v4, v6} {
			if a == "" {
				continue
			}
			host := a
			if a == v6 {
				host = "[" + a + "]"
			}
			for kind, answer := range map[string]string{"tcp:" + host + ":7": "peer ", "udp:" + host + ":7": "peer ", "ping:" + a: "pong hello"} {
				if !shared {
					answer = ""
				}
				want[kind] = answer
			}
			if shared {
				named = append(named, a)
			}
		}
	}
	for _, n := range matrixPlaces[to.service] {
		// A container answers for all its addresses wherever it is (arp(7), weak host
		// model): that it is on the link is no secret to who meets it there.
		v4, _ := to.addrs(n)
		shared := same && slices.Contains(matrixPlaces[c.service], n)
		if v4 != "" && (shared || !met) {
			want["arp:"+v4] = map[bool]string{true: "at ", false: ""}[shared]
		}
	}
	want["dns:"+to.name()] = "unknown"
	if met {
		sort.Strings(named)
		want["dns:"+to.name()] = strings.Join(named, " ")
	}
	return want
}

// wrong says what is wrong with a result, "" if nothing is.
func (c cell) wrong(to cell, target, got, want string) string {
	if strings.HasPrefix(target, "dns:") {
		words := strings.Fields(got)
		sort.Strings(words)
		got = strings.Join(words, " ")
		if got != want {
			return "wrong name"
		}
		return ""
	}
	answered := strings.HasPrefix(got, "peer ") || strings.HasPrefix(got, "pong ") || strings.HasPrefix(got, "at ")
	switch {
	case want == "" && answered:
		return "forbidden"
	case want != "" && !strings.HasPrefix(got, want):
		return "wrong denial"
	case strings.HasPrefix(got, "peer ") && !strings.Contains(got, "at "+to.name()):
		return "another answers"
	}
	return ""
}

// matrixUser runs commands of one of the users.
type matrixUser struct {
	number int
	run    func(args ...string) result
}

func TestMatrix(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, "services: {}\n")
	users := []matrixUser{{0, s.plain}}
	for p := range matrixProjects {
		s.write(fmt.Sprintf("p%d.yaml", p), matrixFile(0, p))
	}
	second, ok := w.second(s)
	if ok {
		users = append(users, matrixUser{1, func(args ...string) result { return second(nil, args...) }})
	}
	for _, u := range users {
		for p := range matrixProjects {
			base := []string{"-p", fmt.Sprintf("%s-%d", s.project, p), "-f", fmt.Sprintf("p%d.yaml", p)}
			t.Cleanup(func() {
				if r := u.run(append(base, "down", "-v", "-t", "0")...); r.code != 0 {
					t.Errorf("down: %s", r.stderr)
				}
			})
			if r := u.run(append(base, "up", "-d")...); r.code != 0 {
				t.Fatalf("up of project %d of user %d: exit %d\n%s", p, u.number, r.code, r.stderr)
			}
		}
	}
	cells := matrixCells(len(users))
	pairs, wrong := 0, 0
	var mu sync.Mutex
	together(matrixLanes, cells, func(from cell) {
		n, faults := matrixRow(users[from.user], s.project, from, cells)
		mu.Lock()
		defer mu.Unlock()
		pairs += n
		for _, f := range faults {
			if wrong++; wrong <= 40 {
				t.Error(f)
			}
		}
	})
	if ok {
		for _, args := range [][]string{{"ps"}, {"exec", "-T", cells[0].name(), "id"}, {"down"}} {
			args = append([]string{"-p", fmt.Sprintf("%s-0", s.project)}, args...)
			if r := second(s.env, args...); r.code == 0 {
				t.Errorf("another user: %q succeeds: %s", args, r.stdout)
			}
		}
	}
	t.Logf("%d users, %d containers, %d attempts, %d wrong", len(users), len(cells), pairs, wrong)
}

func matrixCells(users int) (cells []cell) {
	for u := range users {
		for p := range matrixProjects {
			for service := range matrixPlaces {
				cells = append(cells, cell{u, p, service})
			}
		}
	}
	return cells
}

// matrixRow tries all from one container.
func matrixRow(u matrixUser, project string, from cell, cells []cell) (n int, faults []string) {
	args := []string{"-p", fmt.Sprintf("%s-%d", project, from.project), "-f", fmt.Sprintf("p%d.yaml", from.project), "exec", "-T", from.name(), "./probe", "reach"}
	for _, to := range cells {
		if to != from {
			for target := range from.attempts(to) {
				args = append(args, target)
			}
		}
	}
	r := u.run(args...)
	if r.code != 0 {
		return 0, []string{fmt.Sprintf("from %s: exit %d: %s", from.name(), r.code, r.stderr)}
	}
	got := reached(r.stdout)
	for _, to := range cells {
		if to == from {
			continue
		}
		for target, want := range from.attempts(to) {
			n++
			result, ok := got[target]
			if !ok {
				faults = append(faults, fmt.Sprintf("%s -> %s %s: no result", from.name(), to.name(), target))
			} else if what := from.wrong(to, target, result, want); what != "" {
				faults = append(faults, fmt.Sprintf("%s -> %s %s: %s: %q, want %q", from.name(), to.name(), target, what, result, want))
			}
		}
	}
	return n, faults
}

// together runs f for all items, so many at a time.
func together[T any](lanes int, items []T, f func(T)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, lanes)
	for _, item := range items {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(item)
		})
	}
	wg.Wait()
}

// second is a second user of the host, with the files of the matrix in a directory
// of its own; false where there is none. Its projects must leave no process.
// run takes an environment, by default its own.
func (w *netWorld) second(s *scenario) (run func(env []string, args ...string) result, ok bool) {
	w.t.Helper()
	var a WorldAccount
	if err := w.root.Call("World.Second", "", &a); err != nil {
		w.t.Logf("with one user only: %v", err)
		return nil, false
	}
	uid := fmt.Sprint(a.UID)
	own := []string{"MOCKER_RUNTIME_DIR=" + filepath.Join(a.Dir, "run"), "MOCKER_DATA_HOME=" + filepath.Join(a.Dir, "data"), "HOME=" + a.Dir, "TERM=dumb"}
	run = func(env []string, args ...string) result {
		if env == nil {
			env = own
		}
		r := w.exec(WorldExec{Where: "host", User: uid, Dir: a.Dir, Env: env, Argv: append([]string{built.compose}, args...)})
		return result{stdout: r.Output, stderr: r.Output, code: r.Code}
	}
	files := map[string]string{}
	for p := range matrixProjects {
		files[fmt.Sprintf("p%d.yaml", p)] = matrixFile(1, p)
	}
	for name, text := range files {
		if r := w.exec(WorldExec{Where: "host", User: uid, Dir: a.Dir, Argv: []string{"tee", name}, Stdin: text}); r.Code != 0 {
			w.t.Fatal(r.Output)
		}
	}
	if r := w.exec(WorldExec{Where: "host", User: uid, Dir: a.Dir, Argv: []string{"cp", built.probe, "probe"}}); r.Code != 0 {
		w.t.Fatal(r.Output)
	}
	w.t.Cleanup(func() {
		s.eventually("no process of the second user is left", func() bool {
			return w.exec(WorldExec{Where: "host", Argv: []string{"pgrep", "-u", uid}}).Code == 1
		})
	})
	return run, true
}
