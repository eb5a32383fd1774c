package login

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// helperProgram puts a credential helper into PATH that keeps what it is given in
// a file.
func helperProgram(t *testing.T, shell, name string) (kept string) {
	t.Helper()
	dir := t.TempDir()
	kept = filepath.Join(dir, "kept")
	script := "#!" + shell + `
case $1 in
store) /bin/cat >` + kept + ` ;;
get)   read s; if [ -e ` + kept + ` ]; then /bin/cat ` + kept + `; else echo "credentials not found in native keychain"; exit 1; fi ;;
erase) [ -e ` + kept + ` ] || { echo "credentials not found in native keychain"; exit 1; }; /bin/rm ` + kept + ` ;;
esac
`
	if err := os.WriteFile(filepath.Join(dir, "docker-credential-"+name), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	return kept
}

func TestHelper(t *testing.T) {
	shell := testns.RequireProgram(t, "sh", "dash")
	for config, c := range map[string]struct{ program, want string }{
		`{"credsStore":"mine"}`:                              {"mine", `{"credsStore":"mine","auths":{"reg:5":{}}}`},
		`{"credHelpers":{"reg:5":"mine"},"credsStore":"no"}`: {"mine", `{"credHelpers":{"reg:5":"mine"},"credsStore":"no","auths":{"reg:5":{}}}`},
		"": {"secretservice", `{"credsStore":"secretservice","auths":{"reg:5":{}}}`},
	} {
		kept := helperProgram(t, shell, c.program)
		s, getenv := store(t, config)
		k, err := s.Keep(t.Context(), "reg:5", ann)
		if err != nil || k.Helper != c.program {
			t.Errorf("%s: %+v, %v", config, k, err)
			continue
		}
		if got := strings.Join(strings.Fields(text(t, s)), ""); got != c.want {
			t.Errorf("%s: file is %s, want %s", config, got, c.want)
		}
		found, err := credentials.New(getenv, nil).For(t.Context(), "reg:5", "a")
		if err != nil || found.Username != "ann" || found.Password != "pa:ss" {
			t.Errorf("%s: pulls find %+v, %v", config, found, err)
		}
		for range 2 { // what is not there is no error
			if err := s.Erase(t.Context(), "reg:5"); err != nil {
				t.Errorf("%s: %v", config, err)
			}
		}
		if _, err := os.Stat(kept); err == nil {
			t.Errorf("%s: the helper keeps it", config)
		}
	}
}

// Without its helper nothing is kept at all, in no other place either.
func TestMissingHelper(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	const config = `{"credsStore":"gone"}`
	s, _ := store(t, config)
	if _, err := s.Keep(t.Context(), "reg", ann); err == nil || !strings.Contains(err.Error(), "docker-credential-gone") {
		t.Errorf("%v", err)
	}
	if got := text(t, s); got != config {
		t.Errorf("file is %s", got)
	}
}
