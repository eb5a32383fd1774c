package copying

import (
	"fmt"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/userspec"
)

// findOwner reads --chown; nil if there is none.
func (c *copier) findOwner() (*ids, error) {
	if c.cp.Chown == "" {
		return nil, nil
	}
	users := c.o.Users
	if users == nil {
		users = c.o.Root
	}
	return owner(users, c.cp.Chown)
}

// owner finds the ids of USER[:GROUP] by the files of a root. A number without
// a group is both, as for docker.
func owner(users *os.File, text string) (*ids, error) {
	if user, group, ok := strings.Cut(text, ":"); !ok && isNumber(user) {
		text = user + ":" + user
	} else if ok && user == "" {
		text = "0:" + group
	} else if ok && group == "" {
		return owner(users, user)
	}
	u, err := userspec.InRoot(users, text, nil)
	if err != nil {
		return nil, fmt.Errorf("--chown=%s: %w", text, err)
	}
	return &ids{int(u.UID), int(u.GID)}, nil
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
