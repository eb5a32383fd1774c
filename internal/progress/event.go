package progress

// Status is how far a thing is.
type Status int

// The states.
const (
	Working Status = iota
	Done
	Warning
	Error
)

func (s Status) String() string { return [...]string{"Working", "Done", "Warning", "Error"}[s] }

// Event is a change.
type Event struct {
	ID      string // "Image nginx", "Container demo-web-1"; of a layer a part of its digest
	Parent  string // the ID that it is a part of, "" = it stands by itself
	Status  Status
	Text    string // "Pulling", "Pulled"
	Details string // "" = nothing more
	Current int64  // bytes, of Total; 0 = not known
	Total   int64
}
