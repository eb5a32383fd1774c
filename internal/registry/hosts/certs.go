package hosts

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// certDirs are the directories for a host's certificates, in the order in which
// they are read; all of them count.
func (c *Config) certDirs(host string) []string {
	var dirs []string
	if user := configHome(c.getenv); user != "" {
		dirs = append(dirs, filepath.Join(user, "containers/certs.d", host), filepath.Join(user, "docker/certs.d", host))
	}
	return append(dirs, filepath.Join(c.root, "etc/containers/certs.d", host), filepath.Join(c.root, "etc/docker/certs.d", host))
}

// TLS is how to talk to a host. The error is of a file that cannot be used.
func (c *Config) TLS(host string, insecure bool) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure} //nolint:gosec // what the user has said of this host
	if host == "registry-1.docker.io" {
		host = "docker.io"
	}
	if strings.ContainsAny(host, "/\x00") || host == ".." || host == "." {
		return t, nil
	}
	for _, dir := range c.certDirs(host) {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if err := addCert(t, dir, e.Name()); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// addCert takes a file of a directory of certificates: .crt is an authority,
// .cert with its .key a client's certificate, as docker has it.
func addCert(t *tls.Config, dir, name string) error {
	path := filepath.Join(dir, name)
	base, ext := strings.TrimSuffix(path, filepath.Ext(name)), filepath.Ext(name)
	switch ext {
	case ".crt":
		raw, err := readFile(path)
		if err != nil {
			return err
		}
		if t.RootCAs == nil {
			if t.RootCAs, err = x509.SystemCertPool(); err != nil {
				t.RootCAs = x509.NewCertPool()
			}
		}
		if !t.RootCAs.AppendCertsFromPEM(raw) {
			return fmt.Errorf("%s: there is no certificate in PEM in it", path)
		}
	case ".cert":
		pair, err := tls.LoadX509KeyPair(path, base+".key")
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: its key %s.key is missing (authorities have names that end with .crt)", path, base)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		t.Certificates = append(t.Certificates, pair)
	case ".key":
		if _, err := os.Stat(base + ".cert"); err != nil {
			return fmt.Errorf("%s: its certificate %s.cert is missing", path, base)
		}
	}
	return nil
}
