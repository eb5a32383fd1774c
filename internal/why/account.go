package why

import "time"

// Account is what is to say of one container, or of a service that has none.
type Account struct {
	Service   string   `json:"service"`
	Container string   `json:"container,omitempty"`
	State     string   `json:"state,omitempty"` // docker's word
	Health    string   `json:"health,omitempty"`
	ExitCode  *int     `json:"exit_code,omitempty"` // of the last run, or of the start that failed
	Fine      bool     `json:"fine"`                // it is as it was wanted
	Head      string   `json:"summary"`             // what is the matter, in one line
	Cause     string   `json:"cause,omitempty"`
	Probe     *Probe   `json:"probe,omitempty"`
	Log       []Line   `json:"log,omitempty"`
	Times     []Moment `json:"times,omitempty"`
	Mend      []string `json:"mend,omitempty"` // commands and places, what helps most first
	// Because is the account of the one that it waits for.
	Because *Account `json:"because,omitempty"`
}

// Probe is the last look at a service's health.
type Probe struct {
	What   string `json:"what"`
	Code   int    `json:"exit_code"` // -1: it took too long, or could not be executed
	Ran    bool   `json:"command"`   // a command was executed in the container
	Output string `json:"output"`
	Failed int    `json:"failed_in_a_row"`
}

// Moment is one thing that happened.
type Moment struct {
	At   time.Time `json:"time"`
	What string    `json:"what"`
}

// root is the account that the trouble comes from.
func (a *Account) root() *Account {
	for a.Because != nil {
		a = a.Because
	}
	return a
}
