package solve_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// byArg makes the test's binary a command that builds below a directory, and prints
// the image's id and layers.
const byArg = "build-and-print"

var sameFile = lines("FROM base:1", "WORKDIR /w/x", "COPY --chown=5:6 src /w/src", "RUN echo x >/etc/x; mkdir -p /e/f; chown 7:8 /e/f; ln -s x /etc/y", "USER 5")

func runBy(args []string) int {
	err := func() error {
		s, err := openSite(args[0])
		if err != nil {
			return err
		}
		if _, err := s.store.Load(context.Background(), "docker-archive:"+args[1], nil); err != nil {
			return err
		}
		if err := os.MkdirAll(s.root+"/src/deep", 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(s.root+"/src/deep/file", []byte("text"), 0o644); err != nil {
			return err
		}
		epoch := time.Unix(1_500_000_000, 0)
		s.req.Epoch = &epoch
		d, err := s.build(context.Background(), sameFile)
		if err == nil {
			fmt.Println(d.Image.ID, d.Image.Layers)
		}
		return err
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Two users, each with ids and directories of their own, make the same image.
func TestTwoUsersMakeTheSame(t *testing.T) {
	testns.RequireUserNamespaces(t)
	if os.Getuid() != 0 {
		t.Skip("only root has two accounts: sudo go test")
	}
	archive := filepath.Join(t.TempDir(), "base.tar")
	base := imagetest.Image{Names: []string{"base:1"}, Layers: [][]imagetest.File{imagetest.Busybox(t)}}
	base.WriteDockerArchive(t, archive)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for _, account := range []func() (*testns.Account, error){testns.PlainUser, testns.SecondUser} {
		a, err := account()
		if err != nil {
			t.Skipf("no account can be had: %v", err)
		}
		dir, err := os.MkdirTemp("/tmp", "mc-by-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		for _, f := range []string{program, archive} {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), b, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Give(dir); err != nil {
			t.Fatal(err)
		}
		cmd := a.Command(t.Context(), filepath.Join(dir, filepath.Base(program)), byArg, filepath.Join(dir, "site"), filepath.Join(dir, "base.tar"))
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, strings.TrimSpace(string(out)))
	}
	if made[0] != made[1] || !strings.HasPrefix(made[0], "sha256:") {
		t.Errorf("%s\nand %s", made[0], made[1])
	}
}
