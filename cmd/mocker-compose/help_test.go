package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// taught calls f for all commands that help shows, with their path.
func taught(f func(c *cobra.Command, path string)) {
	root := newRoot(&client.Env{})
	each(root, func(c *cobra.Command) {
		path := strings.TrimPrefix(c.CommandPath(), root.Name()+" ")
		if _, refused := refusals[path]; !refused && !c.Hidden && !c.Parent().Hidden && !strings.HasPrefix(path, "bridge") && c.Name() != "help" {
			f(c, path)
		}
	})
}

// TestEveryCommandTeaches: each says what it does, shows how, tells what its flags do,
// and stands below a heading.
func TestEveryCommandTeaches(t *testing.T) {
	seen := 0
	taught(func(c *cobra.Command, path string) {
		seen++
		if c.Short == "" || c.Long == "" || len(c.Commands()) == 0 && !strings.Contains(c.Long+c.Example, "mocker-compose ") {
			t.Errorf("%s lacks a Short, a Long or an Example", path)
		}
		if !strings.Contains(path, " ") && c.GroupID == "" {
			t.Errorf("%s stands below no heading: add it to groups", path)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" && !f.Hidden {
				t.Errorf("%s --%s does not say what it does", path, f.Name)
			}
		})
	})
	if seen < 60 {
		t.Errorf("only %d commands seen", seen)
	}
}

// TestExamples: what help shows is understood.
func TestExamples(t *testing.T) {
	seen := 0
	taught(func(c *cobra.Command, path string) {
		for line := range strings.Lines(c.Example + "\n" + c.Long) {
			for _, part := range strings.Split(strings.TrimSpace(line), " && ") {
				line, ok := strings.CutPrefix(part, "mocker-compose ")
				if !ok {
					continue
				}
				for _, end := range []string{"  ", " | ", " >", " <", " #", "; "} {
					line, _, _ = strings.Cut(line, end)
				}
				root := newRoot(&client.Env{})
				root.SetOut(io.Discard)
				found, args, err := root.Traverse(words0(line))
				if err == nil && found == root {
					err = io.ErrUnexpectedEOF
				}
				if err == nil {
					err = found.ParseFlags(args)
				}
				if err == nil && found.Args != nil && strings.TrimPrefix(found.CommandPath(), "mocker-compose ") == path {
					err = found.Args(found, found.Flags().Args())
				}
				seen++
				if err != nil {
					t.Errorf("%s: %q: %v", path, line, err)
				}
			}
		}
	})
	if seen < 100 {
		t.Errorf("only %d command lines seen", seen)
	}
}

// words0 splits a command line at blanks outside of quotes.
func words0(line string) (out []string) {
	var word strings.Builder
	quote := rune(0)
	for _, r := range line + " " {
		switch {
		case r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote = r
		case r == ' ':
			if word.Len() > 0 {
				out = append(out, word.String())
				word.Reset()
			}
		default:
			word.WriteRune(r)
		}
	}
	return out
}

// TestNames: what a shell is offered belongs to commands and flags that are there, and
// none has been forgotten.
func TestNames(t *testing.T) {
	// Commands that take what nobody can guess, and those under way.
	free := []string{"image import", "image load", "login", "logout", "network create", "unshare", "volume create", "cp", "completion"}
	root := newRoot(&client.Env{})
	known := map[string]bool{}
	each(root, func(c *cobra.Command) {
		path := strings.TrimPrefix(c.CommandPath(), root.Name()+" ")
		known[path] = true
		takes := strings.Contains(c.Use, "SERVICE") || strings.Contains(c.Use, "IMAGE") || strings.Contains(c.Use, "VOLUME") || strings.Contains(c.Use, "NETWORK")
		if _, refused := refusals[path]; takes && !refused && !c.Hidden && arguments[path] == nil && !slices.Contains(free, path) {
			t.Errorf("%s: a shell is offered no names: add it to arguments", path)
		}
	})
	for path := range arguments {
		if !known[path] {
			t.Errorf("names are offered for %q, which is no command", path)
		}
	}
	for name := range values {
		words := strings.Fields(name)
		flag := strings.TrimPrefix(words[len(words)-1], "--")
		found := len(words) == 1 && root.Flags().Lookup(flag) != nil
		each(root, func(c *cobra.Command) {
			path := strings.TrimPrefix(c.CommandPath(), root.Name()+" ")
			found = found || c.Flags().Lookup(flag) != nil && (len(words) == 1 || path == strings.Join(words[:len(words)-1], " "))
		})
		if !found {
			t.Errorf("values are offered for %q, which is no flag", name)
		}
	}
}
