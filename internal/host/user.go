package host

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/moby/sys/user"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// maxUserFile bounds what is read of an image's /etc/passwd and /etc/group.
const maxUserFile = 4 << 20

// resolveUser turns "user", "uid:gid", ... into numbers by the container's own
// passwd and group (root is its root directory). An unknown name is an error:
// nothing ever falls back to root.
func resolveUser(root *os.File, spec string, groups []string) (specs.User, string, error) {
	passwd, err := readUserFile(root, "/etc/passwd")
	if err != nil {
		return specs.User{}, "", err
	}
	group, err := readUserFile(root, "/etc/group")
	if err != nil {
		return specs.User{}, "", err
	}
	defaults := &user.ExecUser{Uid: 0, Gid: 0, Home: "/"}
	u, err := user.GetExecUser(spec, defaults, bytes.NewReader(passwd), bytes.NewReader(group))
	if err != nil {
		return specs.User{}, "", fmt.Errorf("user %q: %w", spec, err)
	}
	out := specs.User{UID: uint32(u.Uid), GID: uint32(u.Gid)}
	for _, g := range u.Sgids {
		out.AdditionalGids = append(out.AdditionalGids, uint32(g))
	}
	if len(groups) > 0 {
		extra, err := user.GetAdditionalGroups(groups, bytes.NewReader(group))
		if err != nil {
			return specs.User{}, "", fmt.Errorf("group_add: %w", err)
		}
		for _, g := range extra {
			out.AdditionalGids = append(out.AdditionalGids, uint32(g))
		}
	}
	return out, u.Home, nil
}

// readUserFile reads a file of the container; one that is missing is empty.
func readUserFile(root *os.File, path string) ([]byte, error) {
	f, err := safepath.OpenInRoot(root, path, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, nil
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s of the container is not a regular file", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxUserFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxUserFile {
		return nil, fmt.Errorf("%s of the container is larger than %d bytes", path, maxUserFile)
	}
	return b, nil
}
