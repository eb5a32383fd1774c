package contexts

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnonymous: who builds is somebody for the contexts that they name, and nobody for what
// a Dockerfile names, by whatever git may know them.
func TestAnonymous(t *testing.T) {
	address, _ := repository(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:hush"))
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: u.Scheme, Host: u.Host})
	private := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != want {
			w.Header().Set("WWW-Authenticate", "Basic realm=x")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	defer private.Close()
	address = private.URL + "/r.git"
	trap, run := repository(t)
	run("git submodule --quiet add " + trap + " mod && git config -f .gitmodules submodule.mod.url " + address + " && git add . && git commit -qm mod")
	host := strings.TrimPrefix(private.URL, "http://")
	for name, known := range map[string]func(home string) map[string]string{
		"a credential helper": func(home string) map[string]string {
			return map[string]string{".gitconfig": "[credential]\n\thelper = \"!f() { echo username=me; echo password=hush; }; f\"\n"}
		},
		"a .netrc": func(home string) map[string]string {
			return map[string]string{".netrc": "machine " + strings.Split(host, ":")[0] + " login me password hush\n"}
		},
		"another address": func(home string) map[string]string {
			return map[string]string{".gitconfig": "[url \"http://me:hush@" + host + "/\"]\n\tinsteadOf = http://" + host + "/\n"}
		},
		"a program that is asked": func(home string) map[string]string {
			t.Setenv("GIT_ASKPASS", filepath.Join(home, "ask"))
			return map[string]string{"ask": "#!/bin/sh\ncase $1 in User*) echo me;; *) echo hush;; esac\n"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "none"))
			for file, text := range known(home) {
				if err := os.WriteFile(filepath.Join(home, file), []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			c, err := Open(t.Context(), address, Options{Data: t.TempDir()})
			if err != nil {
				t.Fatalf("a context: %v", err)
			}
			c.Close()
			if _, _, err := openEmpty(t, t.TempDir()).Select(t.Context(), add(address)); err == nil || !strings.Contains(err.Error(), "additional_contexts") {
				t.Errorf("ADD: %v", err)
			}
			if name != "a credential helper" { // the next is the same for all
				return
			}
			if c, err := Open(t.Context(), trap, Options{Data: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "of a public repository") {
				t.Errorf("a public repository takes a private one: %v", err)
				if err == nil {
					c.Close()
				}
			}
		})
	}
	if _, _, err := openEmpty(t, t.TempDir()).Select(t.Context(), add("git@127.0.0.1:me/private.git")); err == nil || !strings.Contains(err.Error(), "'ssh' not allowed") {
		t.Errorf("by ssh: %v", err)
	}
	withLogin := strings.Replace(address, "http://", "http://me:hush@", 1)
	if _, _, err := openEmpty(t, t.TempDir()).Select(t.Context(), add(withLogin)); err != nil {
		t.Errorf("a login in the address: %v", err)
	}
}
