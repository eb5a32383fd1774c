package project

// Fate is what happens to a key of a compose file.
type Fate string

// The fates.
const (
	Honoured Fate = "honoured"
	Degraded Fate = "degraded"
	Ignored  Fate = "ignored"
	Refused  Fate = "refused"
)
