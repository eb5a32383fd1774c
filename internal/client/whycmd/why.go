package whycmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/why"
)

// Options are the flags of why.
type Options struct {
	Format string
	// Profiles are those that would enable services, by service; nil: the files were not read.
	Profiles map[string][]string
}

// Register defines the flags in fs.
func (o *Options) Register(fs *pflag.FlagSet) {
	fs.StringVar(&o.Format, "format", "text", "`FORMAT` of the output: text or json")
}

// Why tells why services are as they are; without services, of all containers that are
// not as they should be.
func Why(ctx context.Context, e *client.Env, t client.Target, o *Options, services []string) error {
	if o.Format != "text" && o.Format != "json" {
		return fmt.Errorf("unknown format %q: use text or json", o.Format)
	}
	f, err := gather(ctx, e, t, o.Profiles)
	if err != nil {
		return err
	}
	all := len(services) == 0
	if all && t.Unread && (f.Live == nil || f.Live.Failure != nil) {
		return client.ErrUnread // what has no container is of interest now
	}
	if all {
		services = known(f)
	}
	accounts := []why.Account{}
	for _, s := range services {
		if err := f.has(t, s); err != nil {
			return err
		}
		for _, a := range why.Explain(&f.Facts, s) {
			if !all || !a.Fine {
				accounts = append(accounts, a)
			}
		}
	}
	if o.Format == "json" {
		data, err := json.MarshalIndent(accounts, "", "  ")
		if err != nil {
			return err
		}
		e.Println(string(data))
		return nil
	}
	return f.print(e, accounts, services)
}

// has refuses a service that neither the files nor any container knows.
func (f *facts) has(t client.Target, service string) error {
	switch {
	case slices.Contains(known(f), service) || len(f.Profiles[service]) > 0:
		return nil
	case t.Unread:
		return client.ErrUnread
	}
	return fmt.Errorf("no such service: %s", service)
}

// known are the services that have containers, or that the files enable.
func known(f *facts) (list []string) {
	if f.Files != nil {
		for i := range f.Files.Services {
			list = append(list, f.Files.Services[i].Name)
		}
	}
	if f.Live != nil {
		for i := range f.Live.Containers {
			if r := &f.Live.Containers[i]; r.OneOff == nil {
				list = append(list, r.Service.Name)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// print writes accounts. One that is told for itself is not told again as the cause of
// another.
func (f *facts) print(e *client.Env, accounts []why.Account, services []string) error {
	switch {
	case len(accounts) == 0 && len(services) == 0:
		e.Println(client.Said("there is no container: mocker-compose up makes them"))
	case len(accounts) == 0:
		e.Println("all containers are as they should be")
	}
	for i := range accounts {
		if i > 0 {
			e.Println()
		}
		a := &accounts[i]
		told := func(b why.Account) bool { return a.Because != nil && b.Container != "" && b.Container == a.Root() }
		if slices.ContainsFunc(accounts, told) {
			e.Print(a.Heads())
			continue
		}
		e.Print(a.Text(time.Local))
	}
	return nil
}
