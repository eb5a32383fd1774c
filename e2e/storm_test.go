package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// stormFirst is the project of the storm; stormOther is the same with other words: a
// has another environment and another number, b another label, c is gone and d new.
const (
	stormFirst = `
services:
  a: { command: ./probe pause stormy-a, scale: 2, stop_grace_period: 1s }
  b: { command: ./probe stay, depends_on: [a], stop_grace_period: 1s, labels: { words: first } }
  c: { command: ./probe pause stormy-c, volumes: ["kept:/kept"], networks: [inner, default] }
  once: { command: ./probe lines 300 0s once, profiles: [tools], networks: [inner] }
volumes: { kept: {} }
networks: { inner: {} }
`
	stormOther = `
services:
  a: { command: ./probe pause stormy-a, scale: 3, stop_grace_period: 1s, environment: { WORDS: other } }
  b: { command: ./probe stay, depends_on: [a], stop_grace_period: 1s, labels: { words: other } }
  d: { command: ./probe pause stormy-d, depends_on: [b] }
`
)

// gale is one storm: clients that send random commands to one project at the same
// time, and what is looked at meanwhile.
type gale struct {
	s       *scenario
	until   time.Time
	clients int
	kill    bool // supervisors are killed

	last     atomic.Int64 // when a command last ended, ns since 1970: somebody gets on
	over     atomic.Bool  // something that makes the rest pointless was seen
	ended    atomic.Int64
	slowest  atomic.Int64 // ns
	unknown  atomic.Int64 // failures that nothing excuses
	mu       sync.Mutex
	failures map[string]int
}

// stormTime is how long a storm lasts: MOCKER_TEST_STORM, seconds or "10m".
func stormTime(t *testing.T, small time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv("MOCKER_TEST_STORM")
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(n) * time.Second
	}
	if text == "" {
		return small
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("MOCKER_TEST_STORM: %v", err)
	}
	return d
}

// stillness is how long nothing at all may end before it counts as a deadlock.
const stillness = 30 * time.Second

// Clients that send random commands to one project, all at the same time: every
// command ends, no container is there twice, `run` shows every line of what it ran,
// and nothing is left over when it is quiet.
func TestStormOfCommands(t *testing.T) { testStorm(t, false) }

// The same while supervisors are killed.
func TestStormOfCommandsAndKills(t *testing.T) { testStorm(t, true) }

func testStorm(t *testing.T, kill bool) {
	s := begin(t, stormFirst)
	s.write("other.yaml", stormOther)
	g := &gale{s: s, until: time.Now().Add(stormTime(t, 7*time.Second)), clients: number(t, "MOCKER_TEST_CLIENTS", 8), kill: kill, failures: map[string]int{}}
	g.last.Store(time.Now().UnixNano())
	stop := make(chan struct{})
	var watch, clients sync.WaitGroup
	watch.Go(func() { g.noTwins(stop) })
	watch.Go(func() { g.getsOn(stop) })
	if kill {
		watch.Go(func() { g.kills(stop) })
	}
	for n := range g.clients {
		clients.Go(func() { g.client(n) })
	}
	clients.Wait()
	close(stop)
	watch.Wait()
	g.report()
	g.quiet()
}

// client sends commands until the storm is over.
func (g *gale) client(n int) {
	for time.Now().Before(g.until) && !g.over.Load() {
		c := stormCommands[rand.IntN(len(stormCommands))]
		args := slices.Clone(c.args)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "NUMBER", fmt.Sprint(1+rand.IntN(3)))
			args[i] = strings.ReplaceAll(args[i], "TAG", fmt.Sprintf("t%d-%d", n, g.ended.Load()))
		}
		began := time.Now()
		r := g.run(args)
		took := time.Since(began)
		g.last.Store(time.Now().UnixNano())
		g.ended.Add(1)
		for old := g.slowest.Load(); int64(took) > old && !g.slowest.CompareAndSwap(old, int64(took)); old = g.slowest.Load() {
		}
		if r.code != 0 {
			g.failed(args, r)
		}
		if c.check != nil {
			c.check(g, args, r)
		}
	}
}

// stormCommand is one that clients choose.
type stormCommand struct {
	args  []string
	check func(g *gale, args []string, r result)
}

var stormCommands = stormTable()

// stormTable has each command as often as it is to be chosen.
func stormTable() (all []stormCommand) {
	add := func(times int, check func(*gale, []string, result), line string) {
		for range times {
			all = append(all, stormCommand{strings.Fields(line), check})
		}
	}
	add(4, nil, "up -d")
	add(3, nil, "-f other.yaml up -d")
	add(1, nil, "-f other.yaml up -d --remove-orphans")
	add(2, nil, "up -d --force-recreate -t 0")
	add(2, nil, "up -d --scale a=NUMBER")
	add(1, nil, "up -d --no-recreate b")
	add(2, nil, "scale a=NUMBER")
	add(2, nil, "stop -t 0")
	add(1, nil, "stop -t 0 a")
	add(2, nil, "start")
	add(2, nil, "restart -t 0")
	add(1, nil, "restart -t 0 --no-deps a")
	add(1, nil, "down -t 0")
	add(1, nil, "down -t 0 -v --remove-orphans")
	add(1, nil, "kill")
	add(1, nil, "kill a")
	add(1, nil, "pause")
	add(2, nil, "unpause")
	add(1, nil, "rm -f")
	add(1, nil, "rm -s -f b")
	add(1, nil, "create")
	add(3, wholeRun, "run --rm -T once ./probe lines 300 0s TAG")
	add(3, wholeExec, "exec -T a ./probe lines 20 0s TAG")
	add(2, nil, "ps -a")
	add(1, nil, "logs --tail 5")
	add(1, nil, "top")
	return all
}

// wholeRun: a run that ended well has shown each line once; one that did not has shown
// the first of them.
func wholeRun(g *gale, args []string, r result) { g.whole(args, r, 300) }

func wholeExec(g *gale, args []string, r result) { g.whole(args, r, 20) }

func (g *gale) whole(args []string, r result, count int) {
	tag := args[len(args)-1]
	n := 0
	for line := range strings.Lines(r.stdout) {
		if line != fmt.Sprintf("%s %d\n", tag, n) {
			if r.code != 0 && !strings.HasSuffix(line, "\n") {
				break // cut off in the middle of a line
			}
			g.s.t.Errorf("%v: exit %d: line %d is %q", args, r.code, n, line)
			return
		}
		n++
	}
	if r.code == 0 && n != count {
		g.s.t.Errorf("%v: exit 0 and %d of %d lines\n%s", args, n, count, r.stderr)
	}
}

// kills ends supervisors at random moments.
func (g *gale) kills(stop <-chan struct{}) {
	quarter := time.NewTicker(250 * time.Millisecond)
	defer quarter.Stop()
	n := 0
	for {
		select {
		case <-stop:
			g.s.t.Logf("%d supervisors killed", n)
			return
		case <-quarter.C:
			n += g.s.killSupervisors(1, stop)
		}
	}
}

// getsOn fails when no command ends any more.
func (g *gale) getsOn(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Second):
		}
		if still := time.Since(time.Unix(0, g.last.Load())); still > stillness {
			g.over.Store(true)
			g.s.t.Errorf("no command has ended for %v", still.Round(time.Second))
			return
		}
	}
}

// most is how many processes a service may have at any moment.
var most = map[string]int{"stormy-a": 3, "stormy-c": 1, "stormy-d": 1}

// noTwins looks for containers that are there twice: in the listing, and as processes.
func (g *gale) noTwins(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(100 * time.Millisecond):
		}
		for name, n := range most {
			pids := g.s.pidsOf("pause", name)
			// Those that are still there were so at the same time.
			pids = slices.DeleteFunc(pids, func(pid int) bool {
				link, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
				return err != nil || link != g.s.dir+"/probe"
			})
			if len(pids) > n {
				g.over.Store(true)
				g.s.t.Errorf("%d processes of %s at the same time (%v), %d are the most", len(pids), name, pids, n)
				return
			}
		}
	}
}
