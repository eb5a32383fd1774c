package client

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/pflag"
)

// Version is this build's version, without a leading v; the Makefile sets it
// with -ldflags -X.
var Version = "0.1.0"

// VersionOptions are the flags of version.
type VersionOptions struct {
	Format string
	Short  bool
}

// Register defines the flags in fs.
func (o *VersionOptions) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Format, "format", "f", "pretty", "pretty or json")
	fs.BoolVar(&o.Short, "short", false, "print the number only")
}

// Introduce tells docker's command line who we are, for which it runs us as a plugin.
func (e *Env) Introduce() error {
	return json.NewEncoder(e.Stdout).Encode(map[string]string{
		"SchemaVersion": "0.1.0", "Vendor": Ours, "Version": "v" + Version,
		"ShortDescription": "compose projects as a plain user, without a daemon", "URL": "https://github.com/mocker-compose/mocker-compose",
	})
}

// versionJSON is what version prints for programs.
type versionJSON struct {
	Version string `json:"version"` // with a leading v
}

// ShowVersion prints the version.
func (e *Env) ShowVersion(o *VersionOptions) error {
	var err error
	switch {
	case o.Short:
		_, err = fmt.Fprintln(e.Stdout, Version)
	case o.Format == "json":
		err = json.NewEncoder(e.Stdout).Encode(versionJSON{"v" + Version})
	case o.Format == "" || o.Format == "pretty":
		_, err = fmt.Fprintln(e.Stdout, "mocker-compose version v"+Version)
	default:
		err = fmt.Errorf("unsupported format %q: use pretty or json", o.Format)
	}
	return err
}
