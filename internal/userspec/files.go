package userspec

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits on a file, in bytes. The largest real ones, of sites with all their
// users in files, have some megabytes.
const (
	maxFile = 16 << 20
	maxLine = 1 << 20
)

// lines calls do with each line, split at the colons, until it returns false. A
// file beyond the limits is an error; a line with a NUL byte is passed over.
func lines(r io.Reader, fields int, do func([]string) (bool, error)) error {
	limited := &io.LimitedReader{R: r, N: maxFile + 1}
	in := bufio.NewReaderSize(limited, 64<<10)
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		if limited.N <= 0 {
			return fmt.Errorf("it is larger than %d MiB", maxFile>>20)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, part...); len(long) > maxLine {
				return fmt.Errorf("it has a line longer than %d MiB", maxLine>>20)
			}
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		line := part
		if len(long) > 0 {
			long = append(long, part...)
			line = long
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) > 0 && bytes.IndexByte(line, 0) < 0 {
			f := strings.SplitN(string(line), ":", fields)
			if more, err := do(f); err != nil || !more {
				return err
			}
		}
		if err != nil {
			return nil
		}
		long = nil
	}
}

// account is a line of passwd (passwd(5)).
type account struct {
	name     string
	uid, gid uint32
	home     string
}

// findAccount finds the first line that is w's; nil if there is none.
func findAccount(passwd io.Reader, w who) (*account, error) {
	var found *account
	err := lines(passwd, 7, func(f []string) (bool, error) {
		if w.name != "" && f[0] != w.name {
			return true, nil
		}
		a, err := parseAccount(f)
		if w.name == "" && (err != nil || a.uid != w.id) {
			return true, nil
		}
		found = a
		return false, err
	})
	if err != nil {
		return nil, fmt.Errorf("/etc/passwd of the container: %w", err)
	}
	return found, nil
}

func parseAccount(f []string) (*account, error) {
	if len(f) < 6 {
		return nil, fmt.Errorf("the line of %s has %d fields and should have 7", quote(f[0]), len(f))
	}
	uid, err := parseID(f[2])
	if err != nil {
		return nil, fmt.Errorf("the line of %s: user id: %w", quote(f[0]), err)
	}
	gid, err := parseID(f[3])
	if err != nil {
		return nil, fmt.Errorf("the line of %s: group id: %w", quote(f[0]), err)
	}
	return &account{name: f[0], uid: uid, gid: gid, home: f[5]}, nil
}

// scanGroups calls do with each line of a group file (group(5)): its name, what
// stands for its id, and its members.
func scanGroups(group io.Reader, do func(name, id, members string) (bool, error)) error {
	err := lines(group, 4, func(f []string) (bool, error) {
		if len(f) < 3 {
			return true, nil
		}
		members := ""
		if len(f) == 4 {
			members = f[3]
		}
		return do(f[0], f[2], members)
	})
	if err != nil {
		return fmt.Errorf("/etc/group of the container: %w", err)
	}
	return nil
}

// findGroup finds the id of a named group.
func findGroup(group io.Reader, name string) (id uint32, found bool, err error) {
	err = scanGroups(group, func(n, text, _ string) (bool, error) {
		if n != name {
			return true, nil
		}
		var err error
		if id, err = parseID(text); err != nil {
			return false, fmt.Errorf("the line of %s: group id: %w", quote(n), err)
		}
		found = true
		return false, nil
	})
	return id, found, err
}

// maxGroups is how many groups a process can have (NGROUPS_MAX of limits.h).
const maxGroups = 65536

// memberships are the ids of the groups that list a user, in the order of the file.
func memberships(group io.Reader, user string) (ids []uint32, err error) {
	known := map[uint32]bool{}
	err = scanGroups(group, func(_, text, members string) (bool, error) {
		for m := range strings.SplitSeq(members, ",") {
			if m != user {
				continue
			}
			id, err := parseID(text)
			if err == nil && !known[id] {
				known[id] = true
				ids = append(ids, id)
			}
			break
		}
		if len(ids) > maxGroups {
			return false, fmt.Errorf("it lists %s in more than %d groups", quote(user), maxGroups)
		}
		return true, nil
	})
	return ids, err
}
