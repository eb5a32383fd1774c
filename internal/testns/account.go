package testns

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// plainName is the account that PlainUser makes: by default mocker-test, else what
// MOCKER_TEST_ACCOUNT says. The leak census goes by account, so runs at the same
// time need one each.
func plainName() string { return cmp.Or(os.Getenv("MOCKER_TEST_ACCOUNT"), "mocker-test") }

// Account is an unprivileged user.
type Account struct {
	UID, GID int
	Name     string
	Home     string
}

// PlainUser returns the account for tests, made by useradd(8) if it is not
// there. The caller must be root.
func PlainUser() (*Account, error) { return named(plainName()) }

// SecondUser is another account, named after the first: for what two users must not
// do to each other. The caller must be root.
func SecondUser() (*Account, error) { return named(plainName() + "-2") }

// TwinUser is a third account, named after the first: what runs as it is not in the
// leak census of the first. The caller must be root.
func TwinUser() (*Account, error) { return named(plainName() + "-w") }

// named is the account of that name, made if need be.
func named(name string) (*Account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		out, cerr := exec.Command("useradd", "--create-home", "--shell", "/bin/sh", name).CombinedOutput()
		if cerr != nil {
			return nil, fmt.Errorf("useradd %s: %w: %s", name, cerr, out)
		}
		if u, err = user.Lookup(name); err != nil {
			return nil, err
		}
	}
	a := &Account{Name: u.Username, Home: u.HomeDir}
	if a.UID, err = strconv.Atoi(u.Uid); err != nil {
		return nil, err
	}
	if a.GID, err = strconv.Atoi(u.Gid); err != nil {
		return nil, err
	}
	return a, a.ensureRange(u.Uid)
}

// ensureRange gives the account subordinate ids if useradd did not.
func (a *Account) ensureRange(uid string) error {
	if _, err := subIDs("/etc/subuid", a.Name, uid); err == nil {
		return nil
	}
	const first, last = 2000000, 2065535
	span := fmt.Sprintf("%d-%d", first, last)
	out, err := exec.Command("usermod", "--add-subuids", span, "--add-subgids", span, a.Name).CombinedOutput()
	if err != nil {
		return fmt.Errorf("usermod --add-subuids %s %s: %w: %s", span, a.Name, err, out)
	}
	return nil
}

// Command is a command that runs as the account, in its home directory, with
// its own small environment and no supplementary groups.
func (a *Account) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = a.Home
	cmd.Env = []string{
		"HOME=" + a.Home, "USER=" + a.Name, "LOGNAME=" + a.Name,
		"PATH=" + os.Getenv("PATH") + ":/usr/sbin:/sbin", "LANG=C.UTF-8",
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: uint32(a.UID), Gid: uint32(a.GID), Groups: []uint32{uint32(a.GID)}},
	}
	return cmd
}

// Give makes the account the owner of a tree.
func (a *Account) Give(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, a.UID, a.GID)
	})
}
