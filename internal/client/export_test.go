package client

// What tests look at from outside, where clienttest can be imported.
var (
	TopLevelName = topLevelName
	Exited       = exited
	Externals    = (*Env).externals
	CheckUpFlags = (*UpOptions).check
)

// Mode is how progress is shown.
func (p *Progress) Mode() string { return string(p.mode) }
