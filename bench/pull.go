package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// pullShares are the layers of the image that is pulled.
var pullShares = []float64{0.35, 0.25, 0.15, 0.1, 0.1, 0.05}

// benchPull compares the pull of an image of 200 MB in six layers, from a
// registry on loopback into an empty store, with that of podman, by the same user.
func benchPull(ctx context.Context, b *bench) (err error) {
	podman, err := exec.LookPath("podman")
	if err != nil {
		return errors.New("podman is not installed: package podman")
	}
	layout := filepath.Join(b.dir, "pulled")
	if _, err := makeImage(layout, imageSize, pullShares...); err != nil {
		return err
	}
	host, stop, err := serveLayout(layout)
	if err != nil {
		return err
	}
	defer stop()
	p, err := b.project("pull", "  s: { image: '"+host+"/image:latest' }\n")
	if err != nil {
		return err
	}
	var ours, other []time.Duration
	var peak, otherPeak int64
	var trees []string
	// Nothing is deleted while it is measured: for some minutes ext4 looks at each inode
	// that was freed before it takes one, and who comes next would pay for it.
	defer func() { err = errors.Join(err, removeTrees(ctx, podman, trees)) }()
	for i := range max(3, b.runs/2) {
		at := filepath.Join(b.dir, fmt.Sprint("pull", i))
		cmd := exec.CommandContext(ctx, b.compose, "pull", "-q")
		cmd.Dir = p.dir
		cmd.Env = append(os.Environ(), "MOCKER_RUNTIME_DIR="+filepath.Join(at, "run"), "MOCKER_DATA_HOME="+filepath.Join(at, "data"))
		if ours, err = timedPull(cmd, ours, &peak); err != nil {
			return err
		}
		// Left to itself it takes vfs, which copies each layer into the next.
		cmd = exec.CommandContext(ctx, podman, "--storage-driver", "overlay", "--root", filepath.Join(at, "podman"), "--runroot", filepath.Join(at, "podman-run"),
			"pull", "-q", "--tls-verify=false", host+"/image:latest")
		if other, err = timedPull(cmd, other, &otherPeak); err != nil {
			return fmt.Errorf("podman: %w", err)
		}
		trees = append(trees, filepath.Join(at, "podman"), filepath.Join(at, "podman-run"))
	}
	b.speed(fmt.Sprintf("pull of %d MB in %d layers", imageSize>>20, len(pullShares)), imageSize, ours, other, 2)
	b.absolute(fmt.Sprintf("pull: peak memory of all its processes (podman: %d MB)", otherPeak>>10), float64(peak)/1024, 128, "MB")
	return nil
}

// removeTrees removes what podman has stored, which belongs to subordinate ids.
func removeTrees(ctx context.Context, podman string, trees []string) error {
	out, err := exec.CommandContext(ctx, podman, append([]string{"unshare", "rm", "-rf", "--"}, trees...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("podman unshare: %w: %s", err, out)
	}
	return nil
}

// timedPull runs a command after what others wrote is on disk, and adds how long
// it took; peak is in KiB, of all its processes together, without what is shared
// with files.
func timedPull(cmd *exec.Cmd, took []time.Duration, peak *int64) ([]time.Duration, error) {
	unix.Sync()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended, sampled := make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				sampled <- most
				return
			case <-tick.C:
				most = max(most, treeMemory(cmd.Process.Pid))
			}
		}
	}()
	err := cmd.Wait()
	d := time.Since(begun)
	close(ended)
	*peak = max(*peak, <-sampled)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, out.String())
	}
	return append(took, d), nil
}

// treeMemory is RssAnon (proc_pid_status(5)) of a process and all below it, KiB.
func treeMemory(pid int) (sum int64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	if _, rest, ok := strings.Cut(string(b), "RssAnon:"); ok {
		_, _ = fmt.Sscan(rest, &sum)
	}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range tasks {
		children, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for _, word := range strings.Fields(string(children)) {
			if child, err := strconv.Atoi(word); err == nil {
				sum += treeMemory(child)
			}
		}
	}
	return sum
}

// serveLayout is a registry with the one image of an OCI layout.
func serveLayout(dir string) (host string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	digest, err := layoutManifest(dir)
	if err != nil {
		l.Close()
		return "", nil, err
	}
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, isBlob := strings.CutPrefix(r.URL.Path, "/v2/image/blobs/sha256:")
		switch {
		case r.URL.Path == "/v2/":
			return
		case strings.HasPrefix(r.URL.Path, "/v2/image/manifests/"):
			name = digest
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			w.Header().Set("Docker-Content-Digest", "sha256:"+digest)
		case isBlob:
			w.Header().Set("Content-Type", "application/octet-stream")
		default:
			http.NotFound(w, r)
			return
		}
		http.ServeFile(w, r, filepath.Join(dir, "blobs", "sha256", filepath.Base(name)))
	})}
	go func() { _ = s.Serve(l) }()
	return l.Addr().String(), func() { _ = s.Close() }, nil
}

// layoutManifest is the digest of the layout's image, in hexadecimal.
func layoutManifest(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		return "", err
	}
	var index struct{ Manifests []descriptor }
	if err := json.Unmarshal(raw, &index); err != nil {
		return "", err
	}
	return strings.TrimPrefix(index.Manifests[0].Digest, "sha256:"), nil
}
