package lifecycle

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
	do   func(*Loop, *Instance, event)
}

// The cells. Each is one function beside its subject; here they get their names.
var (
	cNop     = cell{"nop", func(*Loop, *Instance, event) {}}
	cRefuse  = cell{"refuse", (*Loop).refuse}
	cBug     = cell{"bug", (*Loop).bug}
	cLaunch  = cell{"launch", (*Loop).launch}
	cRelaun  = cell{"relaunch", (*Loop).relaunch}
	cAgain   = cell{"again", (*Loop).startAgain}
	cWantRun = cell{"want-running", (*Loop).wantRunning}
	cWantOff = cell{"want-stopped", (*Loop).wantStopped}
	cAbort   = cell{"abort-launch", (*Loop).abortLaunch}
	cStop    = cell{"stop", (*Loop).beginStop}
	cShorten = cell{"shorten", (*Loop).shorten}
	cUnwait  = cell{"cancel-back-off", (*Loop).cancelBackoff}
	cHold    = cell{"hold", (*Loop).holdRunning}
	cHoldOff = cell{"hold-idle", (*Loop).holdIdle}
	cHoldWt  = cell{"hold-waiting", (*Loop).holdWaiting}
	cRemove  = cell{"remove", (*Loop).beginRemove}
	cMade    = cell{"made", (*Loop).made}
	cRunning = cell{"running", (*Loop).launched}
	cFailed  = cell{"failed", (*Loop).launchFailed}
	cEnded   = cell{"ended", (*Loop).ended}
	cDecide  = cell{"decide", (*Loop).decide}
	cKill    = cell{"kill", (*Loop).graceOver}
	cStuck   = cell{"stuck", (*Loop).stuck}
	cGone    = cell{"gone", (*Loop).gone}
	cKept    = cell{"kept", (*Loop).removeFailed}
	cPause   = cell{"pause", (*Loop).pauseRunning}
	cUnpause = cell{"unpause", (*Loop).unpause}
	cIdle    = cell{"not-running", (*Loop).refusePause}
	cAlready = cell{"already-paused", (*Loop).refusePause}
	cUnpaus  = cell{"not-paused", (*Loop).refusePause}
	cHooked  = cell{"hooked", (*Loop).hooked}
	cTooLong = cell{"end-hooks", (*Loop).endHooks}
	cNoStart = cell{"start-paused", (*Loop).refusePause}
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
func (l *Loop) apply(e event) {
	i := l.Instances[e.name]
	if i == nil || (e.token != 0 && e.token != i.token) {
		return
	}
	table[i.Rec.State][e.kind].do(l, i, e)
}

func (l *Loop) refuse(i *Instance, e event) {
	i.trouble = &BusyError{name: i.Rec.Name, state: i.Rec.State, event: e.kind}
}

func (l *Loop) bug(i *Instance, e event) {
	l.bugs++
	l.Report("container " + i.Rec.Name + ": event \"" + e.kind.String() + "\" in state \"" + i.Rec.State.String() + "\": ignored (please report this)")
}
