package hosts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
)

// daemon is what counts of docker's daemon.json.
type daemon struct {
	Mirrors  []string `json:"registry-mirrors"`
	Insecure []string `json:"insecure-registries"`
	Parallel int      `json:"max-concurrent-downloads"`
	Attempts int      `json:"max-download-attempts"`
}

// readDaemon reads the daemon.json of the user's rootless docker, or that of the
// machine. One that may not be read is as if it were not there: it is not ours.
func (c *Config) readDaemon(getenv func(string) string) error {
	for _, dir := range []string{filepath.Join(configHome(getenv), "docker"), filepath.Join(c.root, "etc/docker")} {
		if !filepath.IsAbs(dir) {
			continue
		}
		path := filepath.Join(dir, "daemon.json")
		raw, err := readFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			continue
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(string(raw)) == "" {
			return nil
		}
		var d daemon
		if err := json.Unmarshal(raw, &d); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := c.take(&d); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	return nil
}

func (c *Config) take(d *daemon) error {
	c.Parallel, c.Attempts = d.Parallel, d.Attempts
	for _, m := range d.Mirrors {
		u, err := url.Parse(m)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return fmt.Errorf("registry-mirrors: %q: it is https://HOST or http://HOST", m)
		}
		c.hubMirrors = append(c.hubMirrors, mirror{Location: u.Host, Insecure: u.Scheme == "http"})
	}
	return c.AddInsecure(d.Insecure)
}
