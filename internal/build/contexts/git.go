package contexts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// checkout is a commit as files.
func (k *keep) checkout(ctx context.Context, a gitAddress, keepGit bool) (*held, string, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, "", fmt.Errorf("%s: the program git is not installed: install it (package git), or check the repository out yourself and name the directory", redacted(a.asItIsGiven))
	}
	if a.keepGit != nil {
		keepGit = *a.keepGit
	}
	repo := k.path(kindRepo, name(a.remote))
	commit, err := k.fetchCommit(ctx, repo, a)
	if err != nil {
		return nil, "", err
	}
	if a.commit != "" && !strings.HasPrefix(commit, a.commit) {
		return nil, "", fmt.Errorf("%s: it is commit %s, and %s was expected", redacted(a.asItIsGiven), commit, a.commit)
	}
	key := fmt.Sprintf("%s\x00%s\x00%t\x00%t", a.remote, commit, keepGit, a.noModules)
	h, err := k.get(ctx, kindGit, name(key), func(dir string) error {
		return checkOut(ctx, repo, dir, commit, a, keepGit)
	})
	return h, commit, err
}

// fetchCommit brings the commit into the bare repository, as little of its history
// as the remote allows, and returns its full name.
func (k *keep) fetchCommit(ctx context.Context, repo string, a gitAddress) (string, error) {
	lock, err := state.WaitLock(ctx, repo+lockSuffix, unix.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if _, err := git(ctx, "", "init", "--quiet", "--bare", repo); err != nil {
		return "", err
	}
	want := a.ref
	if want == "" {
		want = a.commit
	}
	if len(want) >= 40 && isCommit(want, 40) {
		if _, err := git(ctx, repo, "cat-file", "-e", want+"^{tree}"); err == nil {
			return want, nil // a commit is what it is: nobody is asked
		}
	}
	ref := want
	if ref == "" {
		ref = "HEAD"
	}
	_, err = git(ctx, repo, "fetch", "--quiet", "--force", "--no-tags", "--depth=1", "--", a.remote, ref)
	if err != nil && strings.Contains(err.Error(), "shallow") { // plain files behind a web server
		_, err = git(ctx, repo, "fetch", "--quiet", "--force", "--no-tags", "--", a.remote, ref)
	}
	if err != nil && isCommit(want, 7) {
		// Not every server gives out commits by name, and none the short ones.
		_, all := git(ctx, repo, "fetch", "--quiet", "--force", "--tags", "--", a.remote, "+refs/heads/*:refs/fetched/*")
		if all == nil {
			return k.commitOf(ctx, repo, want, a)
		}
	}
	if err != nil && isAnonymous(ctx) {
		return "", fmt.Errorf("fetch %s: %w (%s)", redacted(a.asItIsGiven), err, howToBeSomebody)
	}
	if err != nil {
		return "", fmt.Errorf("fetch %s: %w", redacted(a.asItIsGiven), err)
	}
	return k.commitOf(ctx, repo, "FETCH_HEAD", a)
}

func (k *keep) commitOf(ctx context.Context, repo, rev string, a gitAddress) (string, error) {
	out, err := git(ctx, repo, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	commit := strings.TrimSpace(out)
	if err != nil || !isCommit(commit, 40) {
		return "", fmt.Errorf("%s: there is no commit %s", redacted(a.asItIsGiven), rev)
	}
	// A name of ours keeps it from git's own collection.
	_, err = git(ctx, repo, "update-ref", "refs/builds/"+commit, commit)
	return commit, err
}

// checkOut writes the files of a commit, submodules among them, with the time of
// the commit, so that the same commit is the same layer.
func checkOut(ctx context.Context, repo, dir, commit string, a gitAddress, keepGit bool) error {
	without, login := a.login()
	steps := [][]string{
		{"init", "--quiet"},
		{"remote", "add", "origin", without},
		{"fetch", "--quiet", "--force", "--no-tags", "--depth=1", "--", repo, "refs/builds/" + commit},
		{"checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"},
	}
	for _, s := range steps {
		if _, err := git(ctx, dir, s...); err != nil {
			return fmt.Errorf("check %s out: %w", redacted(a.asItIsGiven), err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, ".gitmodules")); err == nil && !a.noModules {
		if err := submodules(ctx, dir, a, login); err != nil {
			return fmt.Errorf("submodules of %s: %w", redacted(a.asItIsGiven), err)
		}
	}
	out, err := git(ctx, dir, "log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	sec, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	if err != nil {
		return fmt.Errorf("time of commit %s: %w", commit, err)
	}
	// It says where our repository is.
	if err := os.Remove(filepath.Join(dir, ".git", "FETCH_HEAD")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return errors.Join(withoutGit(dir, keepGit), setTimes(dir, time.Unix(sec, 0)))
}

// submodules fetches them. Their addresses are the repository's word. One that everybody can
// read may be a stranger's, who would name what only the user can read.
func submodules(ctx context.Context, dir string, a gitAddress, login []string) error {
	update := append(login, "submodule", "--quiet", "update", "--init", "--recursive", "--depth=1")
	as := ctx
	if _, err := git(anonymous(ctx), dir, "ls-remote", "--quiet", "--", a.remote, "HEAD"); err == nil {
		as = anonymous(ctx)
	}
	_, err := git(as, dir, update...)
	if err != nil && isAnonymous(as) && !isAnonymous(ctx) {
		return fmt.Errorf("%w (of a public repository they are fetched without your keys and passwords)", err)
	}
	return err
}

// withoutGit removes what belongs to git: the repository, and the files that lead
// from submodules into it.
func withoutGit(dir string, keepGit bool) error {
	if keepGit {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.Name() != ".git" {
			return nil
		}
		if err := os.RemoveAll(path); err != nil || !e.IsDir() {
			return err
		}
		return filepath.SkipDir
	})
}

func setTimes(dir string, to time.Time) error {
	ts := unix.NsecToTimespec(to.UnixNano())
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
	})
}

// careful are settings for repositories of strangers: no hooks, no remote helpers that
// are command lines, no submodules that are directories of this machine, no questions on
// the terminal, and in a .git that is kept no log of who fetched it. Who the user is for
// the remote is the business of the user's own configuration.
var careful = []string{
	"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never", "-c", "protocol.file.allow=user",
	"-c", "core.logAllRefUpdates=false", "-c", "advice.detachedHead=false", "-c", "gc.auto=0",
}

// elsewhere are variables that lead git to another repository than the directory's: who
// calls us from a hook has them (git rev-parse --local-env-vars).
var elsewhere = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_NAMESPACE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_QUARANTINE_PATH", "GIT_PROTOCOL_FROM_USER",
}

// git runs the user's git in dir. The umask is that of checked out files.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	argv := append([]string{"-c", `umask 022; exec git "$@"`, "git"}, careful...)
	if isAnonymous(ctx) {
		argv = append(argv, nobody...)
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", append(argv, args...)...)
	cmd.Dir = dir
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); !slices.Contains(elsewhere, name) {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	if isAnonymous(ctx) {
		cmd.Env = asNobody(cmd.Env)
	}
	cmd.Env = append(cmd.Env, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err != nil {
		if words := strings.TrimSpace(said.String()); words != "" {
			err = errors.New(words)
		}
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return out.String(), nil
}
