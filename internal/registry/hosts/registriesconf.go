package hosts

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// registriesFile is a registries.conf.
type registriesFile struct {
	Registries []table  `toml:"registry"`
	V1         *version `toml:"registries"`
}

type table struct {
	Prefix             string   `toml:"prefix"`
	Location           string   `toml:"location"`
	Insecure           bool     `toml:"insecure"`
	Blocked            bool     `toml:"blocked"`
	MirrorByDigestOnly bool     `toml:"mirror-by-digest-only"`
	Mirrors            []mirror `toml:"mirror"`
}

type mirror struct {
	Location       string `toml:"location"`
	Insecure       bool   `toml:"insecure"`
	PullFromMirror string `toml:"pull-from-mirror"`
}

// version is the first version of the format.
type version struct {
	Insecure list `toml:"insecure"`
	Block    list `toml:"block"`
}

type list struct {
	Registries []string `toml:"registries"`
}

const maxFile = 4 << 20

// readRegistries reads all files of registries.conf.
func (c *Config) readRegistries(getenv func(string) string) error {
	files, err := registriesFiles(getenv, c.root)
	if err != nil {
		return err
	}
	for _, path := range files {
		raw, err := readFile(path)
		if err != nil {
			return err
		}
		tables, err := parseRegistries(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		c.merge(tables)
	}
	return nil
}

func registriesFiles(getenv func(string) string, root string) ([]string, error) {
	user := filepath.Join(configHome(getenv), "containers")
	system := filepath.Join(root, "etc/containers")
	var files []string
	for _, path := range []string{getenv("CONTAINERS_REGISTRIES_CONF"), filepath.Join(user, "registries.conf"), filepath.Join(system, "registries.conf")} {
		if path == "" || !filepath.IsAbs(path) && path != getenv("CONTAINERS_REGISTRIES_CONF") {
			continue
		}
		if _, err := os.Stat(path); err == nil {
			files = append(files, path)
			break
		} else if path == getenv("CONTAINERS_REGISTRIES_CONF") {
			return nil, fmt.Errorf("CONTAINERS_REGISTRIES_CONF: %w", err)
		}
	}
	dirs := []string{filepath.Join(system, "registries.conf.d"), filepath.Join(user, "registries.conf.d")}
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			continue
		}
		more, err := filepath.Glob(filepath.Join(dir, "*.conf")) // sorted
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	return files, nil
}

func configHome(getenv func(string) string) string {
	if dir := getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".config")
	}
	return ""
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return raw, err
}

// parseRegistries reads one file; a syntax error has its line.
func parseRegistries(raw []byte) ([]table, error) {
	var f registriesFile
	if err := toml.Unmarshal(raw, &f); err != nil {
		if p := (toml.ParseError{}); errors.As(err, &p) {
			return nil, fmt.Errorf("line %d: %s", p.Position.Line, p.Message)
		}
		return nil, err
	}
	if f.V1 != nil {
		if len(f.Registries) > 0 {
			return nil, errors.New("it mixes [registries.*] of the first version with [[registry]] of the second: keep the latter")
		}
		for _, host := range f.V1.Insecure.Registries {
			f.Registries = append(f.Registries, table{Location: host, Insecure: true})
		}
		for _, host := range f.V1.Block.Registries {
			f.Registries = append(f.Registries, table{Location: host, Blocked: true})
		}
	}
	for n := range f.Registries {
		if err := f.Registries[n].check(); err != nil {
			return nil, fmt.Errorf("[[registry]] %d: %w", n+1, err)
		}
	}
	return f.Registries, nil
}

// check fills in what may be left out, and refuses what cannot be meant.
func (t *table) check() (err error) {
	if t.Prefix == "" {
		t.Prefix = t.Location
	}
	t.Prefix = strings.TrimSuffix(t.Prefix, "/")
	wild := strings.HasPrefix(t.Prefix, "*.")
	if t.Location == "" && !wild {
		t.Location = t.Prefix
	}
	if t.Prefix == "" {
		return errors.New("it has neither prefix nor location")
	}
	if wild && strings.ContainsAny(t.Prefix[2:], "*/:@") || !wild && strings.Contains(t.Prefix, "*") {
		return fmt.Errorf("prefix %q: a * stands only at the beginning of a host's name, as *.example.com", t.Prefix)
	}
	if t.Location != "" {
		if t.Location, err = location(t.Location); err != nil {
			return err
		}
	}
	for n := range t.Mirrors {
		m := &t.Mirrors[n]
		if m.Location, err = location(m.Location); err != nil {
			return fmt.Errorf("mirror %d: %w", n+1, err)
		}
		if !slices.Contains([]string{"", "all", "digest-only", "tag-only"}, m.PullFromMirror) {
			return fmt.Errorf("mirror %s: pull-from-mirror %q: it is all, digest-only or tag-only", m.Location, m.PullFromMirror)
		}
		if m.PullFromMirror != "" && t.MirrorByDigestOnly {
			return fmt.Errorf("mirror %s: pull-from-mirror and the registry's mirror-by-digest-only exclude each other", m.Location)
		}
	}
	return nil
}

// location is HOST[:PORT][/PATH].
func location(s string) (string, error) {
	if strings.Contains(s, "://") {
		return "", fmt.Errorf("location %q is an address: leave %s out", s, s[:strings.Index(s, "://")+3])
	}
	s = strings.TrimSuffix(s, "/")
	host, _, _ := strings.Cut(s, "/")
	if host == "" || strings.ContainsAny(s, " \t\r\n?#\\@") {
		return "", fmt.Errorf("location %q: it is HOST, HOST:PORT or these and a path", s)
	}
	return s, nil
}

// merge lets the tables of a later file replace those with the same prefix.
func (c *Config) merge(tables []table) {
	for _, t := range tables {
		c.tables = slices.DeleteFunc(c.tables, func(old table) bool { return old.Prefix == t.Prefix })
	}
	c.tables = append(c.tables, tables...)
}
