package states

// Event is what can happen to one container.
type Event uint8

// The events: six commands, then what the kernel and the clock say.
const (
	CmdStart     Event = iota // run it
	CmdStop                   // end its run, and do not start it again
	CmdHold                   // end its run until its dependencies are back
	CmdRemove                 // delete it; it does not run
	Made                      // Runtime.Create succeeded
	MakeFailed                // Runtime.Create failed
	Launched                  // Runtime.Start succeeded
	LaunchFailed              // Runtime.Start failed, or was cancelled
	Ended                     // the run is over
	Released                  // Runtime.Stopped is done
	BackoffOver               // time for the next start
	GraceOver                 // the grace period of a stop has passed
	Stuck                     // it has been killed and still does not end
	Removed                   // Runtime.Remove succeeded
	RemoveFailed              // Runtime.Remove failed
	CmdPause                  // stop its processes until CmdUnpause
	CmdUnpause                // let them go on
	Hooked                    // the hooks of post_start or pre_stop are over
	HooksOver                 // the time for those of pre_stop has passed
	NumEvents
)

var eventNames = [NumEvents]string{
	"start", "stop", "hold", "remove", "made", "make failed", "launched", "launch failed", "ended",
	"released", "back-off over", "grace over", "stuck", "removed", "remove failed",
	"pause", "unpause", "hooked", "hooks over",
}

// String is the event's name.
func (e Event) String() string { return Name(eventNames[:], int(e)) }
