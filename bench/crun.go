package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// crunRow starts n containers by `crun run -d`, one after the other, without
// network, and says how long that took.
func (b *bench) crunRow(ctx context.Context, n int) (time.Duration, error) {
	crun, err := exec.LookPath("crun")
	if err != nil {
		return 0, errors.New("crun is not installed: package crun")
	}
	if os.Getuid() != 0 {
		return 0, errors.New("crun is measured as root only: a plain user's needs a delegated cgroup")
	}
	bundle, err := os.MkdirTemp(b.dir, "crun")
	if err != nil {
		return 0, err
	}
	if err := writeBundle(ctx, crun, bundle, b.root()); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "crun-row", crun, bundle, strconv.Itoa(n))
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("crun: %w: %s", err, stderr.String())
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	return time.Duration(ns), err
}

// crunRowHelper runs in a mount namespace of its own, where the version 2 tree
// is over /sys/fs/cgroup: crun refuses mixed versions.
func crunRowHelper(args []string) error {
	crun, bundle := args[0], args[1]
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if _, err := os.Stat("/sys/fs/cgroup/unified/cgroup.procs"); err == nil {
		if err := unix.Mount("/sys/fs/cgroup/unified", "/sys/fs/cgroup", "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind the cgroup tree: %w", err)
		}
	}
	root := filepath.Join(bundle, "state")
	id := func(i int) string { return fmt.Sprintf("mc-bench-%d-%d", os.Getpid(), i) }
	started := 0
	defer func() {
		for i := range started {
			_ = exec.Command(crun, "--root", root, "delete", "-f", id(i)).Run() // the bench ends anyway
		}
	}()
	begin := time.Now()
	for i := range n {
		cmd := exec.Command(crun, "--root", root, "--cgroup-manager=cgroupfs", "run", "-d", "-b", bundle, id(i))
		if out, err := cmdOutput(cmd, bundle); err != nil {
			return fmt.Errorf("crun run: %w: %s", err, out)
		}
		started++
	}
	fmt.Println(time.Since(begin).Nanoseconds())
	return nil
}

// cmdOutput runs a command with its output in a file: a container that stays
// in the background would keep a pipe open.
func cmdOutput(cmd *exec.Cmd, dir string) (string, error) {
	f, err := os.CreateTemp(dir, "out")
	if err != nil {
		return "", err
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Run(); err != nil {
		text, rerr := os.ReadFile(f.Name())
		return string(text), errors.Join(err, rerr)
	}
	return "", nil
}

// writeBundle writes crun's own default configuration (`crun spec`), changed to
// run what the services of the comparison run.
func writeBundle(ctx context.Context, crun, dir, root string) error {
	spec := exec.CommandContext(ctx, crun, "spec")
	spec.Dir = dir
	if out, err := spec.CombinedOutput(); err != nil {
		return fmt.Errorf("crun spec: %w: %s", err, out)
	}
	path := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var config map[string]any
	if err := json.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	process, ok := config["process"].(map[string]any)
	if !ok {
		return fmt.Errorf("%s has no process", path)
	}
	process["args"], process["terminal"] = []string{"/bin/sleep", "1000"}, false
	if linux, ok := config["linux"].(map[string]any); ok {
		delete(linux, "resources") // the device filter needs rights that root may lack in a container
	}
	config["root"] = map[string]any{"path": root, "readonly": true}
	if text, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
