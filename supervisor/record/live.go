package record

// Live is what a supervisor knows at this moment: the record as it would be written
// now, and what only it can see.
type Live struct {
	Record
	// Lost are the networks that containers do not stand on although the record says
	// so: resolved names, by container.
	Lost map[string][]string `json:"lost,omitempty"`
}
