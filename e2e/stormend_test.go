package e2e

import (
	"bytes"
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// stormPatience is how long one command of a storm may take. It queues behind those of
// all other clients; that nobody gets on is seen much sooner.
const stormPatience = 5 * time.Minute

// run is one command of a client.
func (g *gale) run(args []string) result {
	ctx, cancel := context.WithTimeout(context.Background(), stormPatience)
	defer cancel()
	cmd := g.s.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r := result{stdout: stdout.String(), stderr: stderr.String(), code: -1}
	if cmd.ProcessState != nil {
		r.code = cmd.ProcessState.ExitCode()
	} else if err != nil {
		r.stderr += err.Error()
	}
	if ctx.Err() != nil {
		g.s.t.Errorf("%v has not ended in %v\n%s%s", args, stormPatience, r.stdout, r.stderr)
	}
	return r
}

// varying is what differs from one failure to the next like it.
var varying = regexp.MustCompile(`e2e-[a-z0-9]+|[0-9a-f]{12,64}|t\d+-\d+|\b\d+\b`)

// progressLine is what tells no error.
var progressLine = regexp.MustCompile(`(?m)^( (Container|Network|Volume) |WARN |run: ).*\n`)

// pardoned are what a command may fail of because of the others; a kill of the
// supervisor may cut an exec off.
var pardoned = regexp.MustCompile(`cancelled: a later command stopped it|is not running|dependency failed to start|is restarting|is paused|is not paused|already paused|a paused container|` +
	`cannot [a-z]+ it now; run the command again|(was removed|ended) meanwhile|no container found|it ended while the command was started|was not repeated`)

// dying is what a command says of whose supervisors too many were killed in a row.
const dying = "the supervisor dies again and again"

// failed keeps what a command has failed of.
func (g *gale) failed(args []string, r result) {
	text := strings.TrimSpace(progressLine.ReplaceAllString(r.stderr, ""))
	ended := (args[0] == "exec" || args[0] == "run") && text == "" // with its container
	if g.unknown.Load() < 20 && !ended && !pardoned.MatchString(text) && !(g.kill && strings.Contains(text, dying)) {
		g.unknown.Add(1)
		g.s.t.Errorf("%v: exit %d: %s%s", args, r.code, r.stdout, r.stderr)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failures[args[0]+": "+varying.ReplaceAllString(text, "_")]++
}

// report says how it was.
func (g *gale) report() {
	g.s.t.Logf("%d clients, %d commands, the slowest took %v", g.clients, g.ended.Load(), time.Duration(g.slowest.Load()).Round(time.Millisecond))
	for _, text := range slices.Sorted(maps.Keys(g.failures)) {
		g.s.t.Logf("%5d times %s", g.failures[text], text)
	}
}

// quiet: after the storm the last word is what is, and nothing else is there.
func (g *gale) quiet() {
	s := g.s
	s.t.Helper()
	s.compose("unpause") // what is not paused cannot be
	s.must("up", "-d", "-t", "0", "--remove-orphans", "--scale", "a=2")
	s.allRun(4)
	s.eventually("nothing runs twice", func() bool {
		return len(s.pidsOf("pause", "stormy-a")) == 2 && len(s.pidsOf("pause", "stormy-c")) == 1 && len(s.pidsOf("pause", "stormy-d")) == 0
	})
	if n := len(processesOf(s.dir + "/probe")); n != 4 {
		s.t.Errorf("%d processes, want 4", n)
	}
	s.must("down", "-t", "0", "-v")
	if _, err := os.Lstat(s.dirs.ProjectData(s.project)); err == nil {
		s.t.Errorf("%s is left after down", s.dirs.ProjectData(s.project))
	}
	s.eventually("no service is left", func() bool { return len(processesOf(s.dir+"/probe")) == 0 })
}

// word is a command about one service, with what it leaves.
type word struct {
	args  []string
	state string // running, exited, or "" for none
}

var contradictions = []word{
	{[]string{"up", "-d", "c"}, "running"},
	{[]string{"up", "-d", "--force-recreate", "-t", "0", "c"}, "running"},
	{[]string{"restart", "-t", "0", "c"}, "running"},
	{[]string{"stop", "-t", "0", "c"}, "exited"},
	{[]string{"kill", "c"}, "exited"},
	{[]string{"rm", "-s", "-f", "c"}, ""},
}

// spoken is a command with its beginning and its end.
type spoken struct {
	word
	began, ended time.Time
	code         int
}

// Commands that contradict each other, at the same time: what is in the end is what
// one of the last has left, that is one that no other followed after it had been
// acknowledged.
func TestLastWordWins(t *testing.T) {
	s := begin(t, stormFirst)
	s.must("up", "-d", "c")
	end := time.Now().Add(stormTime(t, 4*time.Second))
	for rounds := 0; time.Now().Before(end) && !t.Failed(); rounds++ {
		said := s.quarrel(3, 3)
		latest := time.Time{}
		for _, w := range said {
			if w.began.After(latest) {
				latest = w.began
			}
		}
		possible := map[string]bool{}
		for _, w := range said {
			if !w.ended.Before(latest) {
				possible[w.state] = true
				if w.code != 0 { // cut short between its steps
					possible["exited"], possible[""] = true, true
				}
				if w.code != 0 || w.args[0] == "restart" || w.args[0] == "stop" || w.args[0] == "kill" {
					possible["kept"] = true // without a container there is nothing to do
				}
			}
		}
		got := s.state("c-1")
		if got == "created" { // by an up that was cancelled: it does not run either
			got = "exited"
		}
		if !possible[got] && !(got == "" && possible["kept"]) {
			for _, w := range said {
				t.Logf("%v to %v: %v exit %d", w.began.Format("05.000"), w.ended.Format("05.000"), w.args, w.code)
			}
			t.Errorf("round %d: c is %q, and none of the last commands leaves it so: %v", rounds, got, possible)
		}
	}
}

// quarrel has clients say words at the same time.
func (s *scenario) quarrel(clients, each int) (said []spoken) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range each {
				w := spoken{word: contradictions[rand.IntN(len(contradictions))], began: time.Now()}
				r := s.plain(w.args...)
				w.ended, w.code = time.Now(), r.code
				if r.hangs {
					s.t.Errorf("%v hangs: %s", w.args, r.stderr)
				}
				mu.Lock()
				said = append(said, w)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return said
}
