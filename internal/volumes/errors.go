package volumes

import (
	"fmt"
	"strings"
)

// NotFoundError is the error for a volume that does not exist.
type NotFoundError struct{ Name string }

func (e *NotFoundError) Error() string { return "no such volume: " + e.Name }

// InUseError is the error for a volume that containers use.
type InUseError struct {
	Name  string
	Users []User
}

func (e *InUseError) Error() string {
	var names []string
	for _, u := range e.Users {
		names = append(names, u.Container)
	}
	return fmt.Sprintf("volume %s is in use by %s: remove what uses it first (mocker-compose -p %s down)", e.Name, strings.Join(names, ", "), e.Users[0].Project)
}
