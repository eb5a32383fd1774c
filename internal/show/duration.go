package show

import (
	"strconv"
	"time"
)

// steps are the units of [Human]: below limit, in hours, count by unit hours.
var steps = []struct {
	limit, unit int
	name        string
}{
	{48, 1, "hours"},
	{24 * 7 * 2, 24, "days"},
	{24 * 30 * 2, 24 * 7, "weeks"},
	{24 * 365 * 2, 24 * 30, "months"},
}

// Human says a duration as docker does: "5 seconds", "About an hour", "3 days".
// A negative one (the clock was set back) counts as none.
func Human(d time.Duration) string {
	switch seconds, minutes := int(d.Seconds()), int(d.Minutes()); {
	case seconds < 1:
		return "Less than a second"
	case seconds == 1:
		return "1 second"
	case seconds < 60:
		return strconv.Itoa(seconds) + " seconds"
	case minutes == 1:
		return "About a minute"
	case minutes < 60:
		return strconv.Itoa(minutes) + " minutes"
	}
	hours := int(d.Hours() + 0.5)
	if hours == 1 {
		return "About an hour"
	}
	for _, s := range steps {
		if hours < s.limit {
			return strconv.Itoa(hours/s.unit) + " " + s.name
		}
	}
	return strconv.Itoa(int(d.Hours())/24/365) + " years"
}
