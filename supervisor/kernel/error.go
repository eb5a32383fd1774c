package kernel

// Error names the step and the object: "publish 127.0.0.1:8080: address in use".
func (e *StartError) Error() string {
	text := e.Stage
	if e.Object != "" {
		text += " " + e.Object
	}
	if e.Err == nil {
		return text
	}
	return text + ": " + e.Err.Error()
}

// Unwrap is the cause.
func (e *StartError) Unwrap() error { return e.Err }
