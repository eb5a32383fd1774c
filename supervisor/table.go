package supervisor

import "github.com/mocker-compose/mocker-compose/supervisor/states"

// Event is what can happen to one container; see package states.
type Event = states.Event

// The events.
const (
	CmdStart, CmdStop, CmdHold, CmdRemove, CmdPause, CmdUnpause  = states.CmdStart, states.CmdStop, states.CmdHold, states.CmdRemove, states.CmdPause, states.CmdUnpause
	Made, MakeFailed, Launched, LaunchFailed, Ended, Released    = states.Made, states.MakeFailed, states.Launched, states.LaunchFailed, states.Ended, states.Released
	BackoffOver, GraceOver, Stuck, Removed, RemoveFailed, Hooked = states.BackoffOver, states.GraceOver, states.Stuck, states.Removed, states.RemoveFailed, states.Hooked
	HooksOver, numEvents                                         = states.HooksOver, states.NumEvents
)

// cell is what is done about an event in a state. It runs on the event loop
// and must not block: it changes the instance and queues actions.
type cell struct {
	name string
	do   func(*Supervisor, *instance, event)
}

// The cells. Each is one function beside its subject; here they get their names.
var (
	cNop     = cell{"nop", func(*Supervisor, *instance, event) {}}
	cRefuse  = cell{"refuse", (*Supervisor).refuse}
	cBug     = cell{"bug", (*Supervisor).bug}
	cLaunch  = cell{"launch", (*Supervisor).launch}
	cRelaun  = cell{"relaunch", (*Supervisor).relaunch}
	cAgain   = cell{"again", (*Supervisor).startAgain}
	cWantRun = cell{"want-running", (*Supervisor).wantRunning}
	cWantOff = cell{"want-stopped", (*Supervisor).wantStopped}
	cAbort   = cell{"abort-launch", (*Supervisor).abortLaunch}
	cStop    = cell{"stop", (*Supervisor).beginStop}
	cShorten = cell{"shorten", (*Supervisor).shorten}
	cUnwait  = cell{"cancel-back-off", (*Supervisor).cancelBackoff}
	cHold    = cell{"hold", (*Supervisor).holdRunning}
	cHoldOff = cell{"hold-idle", (*Supervisor).holdIdle}
	cHoldWt  = cell{"hold-waiting", (*Supervisor).holdWaiting}
	cRemove  = cell{"remove", (*Supervisor).beginRemove}
	cMade    = cell{"made", (*Supervisor).made}
	cRunning = cell{"running", (*Supervisor).launched}
	cFailed  = cell{"failed", (*Supervisor).launchFailed}
	cEnded   = cell{"ended", (*Supervisor).ended}
	cDecide  = cell{"decide", (*Supervisor).decide}
	cKill    = cell{"kill", (*Supervisor).graceOver}
	cStuck   = cell{"stuck", (*Supervisor).stuck}
	cGone    = cell{"gone", (*Supervisor).gone}
	cKept    = cell{"kept", (*Supervisor).removeFailed}
	cPause   = cell{"pause", (*Supervisor).pauseRunning}
	cUnpause = cell{"unpause", (*Supervisor).unpause}
	cIdle    = cell{"not-running", (*Supervisor).refusePause}
	cAlready = cell{"already-paused", (*Supervisor).refusePause}
	cUnpaus  = cell{"not-paused", (*Supervisor).refusePause}
	cHooked  = cell{"hooked", (*Supervisor).hooked}
	cTooLong = cell{"end-hooks", (*Supervisor).endHooks}
	cNoStart = cell{"start-paused", (*Supervisor).refusePause}
)

// table says what happens. Rows are states, columns are events; every cell is
// filled. "bug" marks what the order of our own calls makes impossible: it is
// reported and otherwise ignored. It is filled in init because the cells lead
// back to it through apply.
var table [states.NumStates][numEvents]cell

func init() {
	table = [states.NumStates][numEvents]cell{
		//         start     stop      hold      remove   made   mkfail launched  lnfail   ended   released backoff grace    stuck   removed rmfail pause    unpause  hooked   too long
		Creating: {cAgain, cWantOff, cHoldOff, cRefuse, cMade, cMade, cBug, cBug, cBug, cBug, cNop, cNop, cNop, cBug, cBug, cIdle, cUnpaus, cNop, cNop},
		Created:  {cLaunch, cWantOff, cHoldOff, cRemove, cBug, cBug, cBug, cBug, cBug, cBug, cNop, cNop, cNop, cBug, cBug, cIdle, cUnpaus, cNop, cNop},
		Starting: {cAgain, cAbort, cAbort, cRefuse, cBug, cBug, cRunning, cFailed, cBug, cBug, cNop, cNop, cNop, cBug, cBug, cIdle, cUnpaus, cNop, cNop},
		Running:  {cWantRun, cStop, cHold, cRefuse, cBug, cBug, cBug, cBug, cEnded, cBug, cNop, cNop, cNop, cBug, cBug, cPause, cUnpaus, cHooked, cNop},
		Stopping: {cAgain, cShorten, cHoldOff, cRefuse, cBug, cBug, cBug, cBug, cEnded, cBug, cNop, cKill, cStuck, cBug, cBug, cIdle, cUnpaus, cHooked, cTooLong},
		Ending:   {cAgain, cWantOff, cHoldOff, cRefuse, cBug, cBug, cBug, cBug, cBug, cDecide, cNop, cNop, cNop, cBug, cBug, cIdle, cUnpaus, cNop, cNop},
		Waiting:  {cRelaun, cUnwait, cHoldWt, cRefuse, cBug, cBug, cBug, cBug, cBug, cBug, cLaunch, cNop, cNop, cBug, cBug, cIdle, cUnpaus, cNop, cNop},
		Exited:   {cLaunch, cWantOff, cHoldOff, cRemove, cBug, cBug, cBug, cBug, cBug, cBug, cNop, cNop, cNop, cBug, cBug, cIdle, cUnpaus, cNop, cNop},
		Removing: {cRefuse, cNop, cNop, cNop, cBug, cBug, cBug, cBug, cBug, cBug, cNop, cNop, cNop, cGone, cKept, cIdle, cUnpaus, cNop, cNop},
		Paused:   {cNoStart, cStop, cHold, cRefuse, cBug, cBug, cBug, cBug, cEnded, cBug, cNop, cNop, cNop, cBug, cBug, cAlready, cUnpause, cHooked, cNop},
	}
}

// event is one happening, with what belongs to its kind.
type event struct {
	kind    Event
	name    string // container
	token   uint64 // clock events: the instance's token when the timer was set
	err     error
	run     *Run
	exit    Exit
	stop    stopOrder
	phase   string // Hooked: the key of the hooks
	auto    bool   // CmdStart: by ourselves, not by a command
	volumes bool   // CmdRemove: anonymous volumes too
}

// apply looks the cell up and runs it. Events for a container that is gone, and
// from timers that were set in an earlier state, are stale and dropped.
func (s *Supervisor) apply(e event) {
	i := s.instances[e.name]
	if i == nil || (e.token != 0 && e.token != i.token) {
		return
	}
	table[i.rec.State][e.kind].do(s, i, e)
}

func (s *Supervisor) refuse(i *instance, e event) {
	i.trouble = &busyError{name: i.rec.Name, state: i.rec.State, event: e.kind}
}

func (s *Supervisor) bug(i *instance, e event) {
	s.bugs++
	s.report("container " + i.rec.Name + ": event \"" + e.kind.String() + "\" in state \"" + i.rec.State.String() + "\": ignored (please report this)")
}
