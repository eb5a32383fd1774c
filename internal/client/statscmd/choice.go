package statscmd

import "strconv"

// Choice is a flag that may be left open.
type Choice int

const (
	open Choice = iota
	yes
	no
)

// Set implements pflag.Value.
func (c *Choice) Set(text string) error {
	b, err := strconv.ParseBool(text)
	if err != nil {
		return err
	}
	*c = no
	if b {
		*c = yes
	}
	return nil
}

// String implements pflag.Value.
func (c *Choice) String() string { return [...]string{"", "true", "false"}[*c] }

// Type implements pflag.Value.
func (*Choice) Type() string { return "bool" }
