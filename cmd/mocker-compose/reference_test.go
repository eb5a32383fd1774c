package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// reference are docker compose's commands with their flags, hidden ones included:
// name, its letter, and = if it takes a value (docker compose 5.5, docs/reference).
var reference = []struct{ command, flags string }{
	{"", "all-resources ansi= compatibility dry-run env-file= file,f= insecure-registry= no-ansi parallel= profile= progress= project-directory= project-name,p= verbose version,v workdir="},
	{"alpha", ""},
	{"alpha dry-run", ""},
	{"alpha generate", "format= name= project-dir="},
	{"alpha publish", "app insecure-registry oci-version= resolve-image-digests with-env yes,y"},
	{"alpha scale", "no-deps"},
	{"alpha viz", "image indentation-size= networks ports spaces"},
	{"alpha watch", "no-up quiet"},
	{"attach", "detach-keys= index= no-stdin sig-proxy"},
	{"bridge", ""},
	{"bridge convert", "output,o= templates= transformation,t="},
	{"bridge transformations", ""},
	{"bridge transformations create", "from,f="},
	{"bridge transformations list", "format= quiet,q"},
	{"build", "build-arg= builder= check compress force-rm memory,m= no-cache no-rm parallel print progress= provenance= pull push quiet,q sbom= ssh= with-dependencies"},
	{"commit", "author,a= change,c= index= message,m= pause,p"},
	{"config", "environment format= hash= images lock-image-digests models networks no-consistency no-env-resolution no-interpolate no-normalize no-path-resolution output,o= profiles quiet,q resolve-image-digests services variables volumes"},
	{"convert", "format= hash= images no-consistency no-interpolate no-normalize output,o= profiles quiet,q resolve-image-digests services volumes"},
	{"cp", "all archive,a follow-link,L index="},
	{"create", "build force-recreate no-build no-recreate pull= quiet-pull remove-orphans scale= yes,y"},
	{"down", "remove-orphans rmi= timeout,t= volumes,v"},
	{"events", "json since= until="},
	{"exec", "detach,d env,e= index= interactive,i no-tty,T privileged tty,t user,u= workdir,w="},
	{"export", "index= output,o="},
	{"images", "format= quiet,q"},
	{"kill", "remove-orphans signal,s="},
	{"logs", "follow,f index= no-color no-log-prefix since= tail,n= timestamps,t until="},
	{"ls", "all,a filter= format= quiet,q"},
	{"pause", ""},
	{"port", "index= protocol="},
	{"ps", "all,a filter= format= no-trunc orphans quiet,q services status="},
	{"publish", "app insecure-registry oci-version= resolve-image-digests with-env yes,y"},
	{"pull", "ignore-buildable ignore-pull-failures include-deps no-parallel parallel policy= quiet,q"},
	{"push", "ignore-push-failures include-deps quiet,q"},
	{"restart", "no-deps timeout,t="},
	{"rm", "all,a force,f stop,s volumes,v"},
	{"run", "build cap-add= cap-drop= detach,d entrypoint= env,e= env-from-file= interactive,i label,l= name= no-deps no-tty,T publish,p= pull= quiet,q quiet-build quiet-pull remove-orphans rm service-ports,P tty,t use-aliases user,u= volume,v= workdir,w="},
	{"scale", "no-deps"},
	{"start", "wait wait-timeout="},
	{"stats", "all,a format= no-stream no-trunc"},
	{"stop", "timeout,t="},
	{"top", ""},
	{"unpause", ""},
	{"up", "abort-on-container-exit abort-on-container-failure always-recreate-deps attach= attach-dependencies build detach,d exit-code-from= force-recreate menu no-attach= no-build no-color no-deps no-log-prefix no-recreate no-start pull= quiet-build quiet-pull remove-orphans renew-anon-volumes,V scale= timeout,t= timestamps wait wait-timeout= watch,w yes,y"},
	{"version", "format,f= short"},
	{"volumes", "format= quiet,q"},
	{"wait", "down-project"},
	{"watch", "no-up prune quiet"},
}

// TestEveryCommandOfDocker: what a script says to docker compose is understood here,
// with the same letters, and taken with a value or without one as there; what is
// refused is refused with a reason.
func TestEveryCommandOfDocker(t *testing.T) {
	for _, want := range reference {
		root := newRoot(&client.Env{})
		c, rest, err := root.Find(strings.Fields(want.command))
		if err != nil || len(rest) > 0 || want.command != "" && c == root {
			t.Errorf("there is no command %q, and no refusal of it", want.command)
			continue
		}
		for _, f := range parseFlags(want.flags) {
			have := c.Flags().Lookup(f.name)
			if have == nil {
				have = c.InheritedFlags().Lookup(f.name)
			}
			switch {
			case have == nil:
				t.Errorf("%s has no flag --%s", want.command, f.name)
			case have.Shorthand != f.short:
				t.Errorf("%s --%s: the letter is %q, want %q", want.command, f.name, have.Shorthand, f.short)
			case (have.NoOptDefVal == "") != f.value:
				t.Errorf("%s --%s: a value is taken: %v, want %v", want.command, f.name, !f.value, f.value)
			}
		}
	}
}

// TestRefusals: what is refused fails, and says why and what to do.
func TestRefusals(t *testing.T) {
	for path, r := range refusals {
		args := strings.Fields(path)
		for _, f := range parseFlags(r.flags) {
			args = append(args, "--"+f.name)
			if f.value {
				args = append(args, "x")
			}
		}
		o := command(t, nil, append(args, "shop:1")...)
		if o.code != 1 || o.out != "" || !strings.Contains(o.errOut, r.reason) || !strings.Contains(o.errOut, r.instead) {
			t.Errorf("%s: %+v", path, o)
		}
	}
}

// each calls f for all commands below c.
func each(c *cobra.Command, f func(*cobra.Command)) {
	for _, sub := range c.Commands() {
		f(sub)
		each(sub, f)
	}
}
