package dockerdaemon

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// socket is the path of the daemon's socket.
func socket(getenv func(string) string) (string, error) {
	host, from := getenv("DOCKER_HOST"), "DOCKER_HOST"
	if host == "" {
		name, err := currentContext(getenv)
		if err != nil {
			return "", err
		}
		if name != "" && name != "default" {
			from = "docker's context " + name
			if host, err = contextHost(getenv, name); err != nil {
				return "", err
			}
		}
	}
	if host != "" {
		path, ok := strings.CutPrefix(host, "unix://")
		if !ok {
			return "", fmt.Errorf("%s is %s: only a daemon at a Unix socket of this machine can be asked: docker save NAME | mocker-compose image load", from, host)
		}
		return path, nil
	}
	const machine = "/var/run/docker.sock"
	if run := getenv("XDG_RUNTIME_DIR"); run != "" {
		own := filepath.Join(run, "docker.sock")
		if _, err := os.Stat(own); err == nil {
			if _, err := os.Stat(machine); err != nil {
				return own, nil
			}
		}
	}
	return machine, nil
}

func configDir(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	return filepath.Join(getenv("HOME"), ".docker")
}

// currentContext is what `docker context use` has set.
func currentContext(getenv func(string) string) (string, error) {
	if name := getenv("DOCKER_CONTEXT"); name != "" {
		return name, nil
	}
	path := filepath.Join(configDir(getenv), "config.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", nil // none, or not ours to read
	}
	var c struct {
		Current string `json:"currentContext"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return c.Current, nil
}

// contextHost is the address of a context's daemon: docker keeps it below the
// digest of its name.
func contextHost(getenv func(string) string, name string) (string, error) {
	sum := sha256.Sum256([]byte(name))
	path := filepath.Join(configDir(getenv), "contexts", "meta", hex.EncodeToString(sum[:]), "meta.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("docker's context %q: %w", name, err)
	}
	var m struct {
		Endpoints map[string]struct{ Host string }
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return m.Endpoints["docker"].Host, nil
}
