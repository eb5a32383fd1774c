package limits

import "github.com/mocker-compose/mocker-compose/project"

// fewestPids is what a service gets at least when it says nothing.
const fewestPids = 64

// Within is r with the number of processes that a service gets when it says nothing:
// project.DefaultPids, or an eighth of the room, if that is less. room is how many the
// user may have at all. A handful of fork bombs then leaves enough of it for the
// user's own shell to fork.
func Within(r project.Resources, room int64) project.Resources {
	if r.Pids == 0 && room/8 < project.DefaultPids {
		r.Pids = max(room/8, fewestPids)
	}
	return r
}
