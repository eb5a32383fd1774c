package containersstorage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"
)

// place is a directory with images.
type place struct {
	root, driver string
	shared       bool // an additional store: others write there
}

// config is the part of a storage.conf that is about places.
type config struct {
	Storage struct {
		Driver       string `toml:"driver"`
		GraphRoot    string `toml:"graphroot"`
		RootlessPath string `toml:"rootless_storage_path"`
		Options      struct {
			Additional []string `toml:"additionalimagestores"`
		} `toml:"options"`
	} `toml:"storage"`
}

// drivers that can be read, in the order in which the library prefers them.
var drivers = []string{"overlay", "vfs"}

// places are where images are looked for, the user's own store first.
// containers-storage(5) of a name is "[DRIVER@ROOT+RUNROOT]NAME"; what is in
// brackets is spec.
func places(getenv func(string) string, spec string) ([]place, error) {
	c, err := read(getenv)
	if err != nil {
		return nil, err
	}
	own := place{root: c.Storage.GraphRoot, driver: c.Storage.Driver}
	if v := getenv("STORAGE_DRIVER"); v != "" {
		own.driver = v
	}
	if spec != "" {
		own = place{root: spec}
		if driver, rest, ok := strings.Cut(spec, "@"); ok {
			own = place{root: rest, driver: driver}
		}
		own.root, _, _ = strings.Cut(own.root, "+")
	}
	if !filepath.IsAbs(own.root) {
		return nil, fmt.Errorf("the directory of podman's storage is not known: %q", own.root)
	}
	list := []place{own}
	for _, dir := range c.Storage.Options.Additional {
		list = append(list, place{root: dir, driver: own.driver, shared: true})
	}
	var out []place
	for _, p := range list {
		if p.driver = p.found(); p.driver != "" {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no podman storage in %s", own.root)
	}
	return out, nil
}

// found is the driver that has written here. A store may have been used with
// another one than is configured now.
func (p place) found() string {
	for _, d := range append([]string{p.driver}, drivers...) {
		if d == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(p.root, d+"-images", "images.json")); err == nil {
			return d
		}
	}
	return ""
}

// read finds the file as the library does: CONTAINERS_STORAGE_CONF, the user's,
// the machine's. Of the machine's, graphroot is not for plain users.
func read(getenv func(string) string) (*config, error) {
	rootless := os.Getuid() != 0
	home, data, conf := getenv("HOME"), getenv("XDG_DATA_HOME"), getenv("XDG_CONFIG_HOME")
	if data == "" {
		data = filepath.Join(home, ".local/share")
	}
	if conf == "" {
		conf = filepath.Join(home, ".config")
	}
	standard := "/var/lib/containers/storage"
	if rootless {
		standard = filepath.Join(data, "containers/storage")
	}
	c := &config{}
	for _, f := range []struct {
		path string
		own  bool
	}{
		{getenv("CONTAINERS_STORAGE_CONF"), true},
		{filepath.Join(conf, "containers/storage.conf"), true},
		{"/etc/containers/storage.conf", !rootless},
		{"/usr/share/containers/storage.conf", !rootless},
	} {
		if f.path == "" {
			continue
		}
		raw, err := os.ReadFile(f.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := toml.Unmarshal(raw, c); err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		if !f.own {
			c.Storage.GraphRoot = expand(c.Storage.RootlessPath, getenv)
		}
		break
	}
	if c.Storage.GraphRoot = expand(c.Storage.GraphRoot, getenv); c.Storage.GraphRoot == "" {
		c.Storage.GraphRoot = standard
	}
	return c, nil
}

// expand fills in $HOME, $USER and $UID, as the library does.
func expand(path string, getenv func(string) string) string {
	return os.Expand(path, func(name string) string {
		if name == "UID" {
			return fmt.Sprint(os.Getuid())
		}
		return getenv(name)
	})
}
