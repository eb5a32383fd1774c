package dockerfile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// Images are asked for once each, at the same time, and only those that the target needs.
func TestBasesAreAskedForTogether(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	together := make(chan struct{})
	in := Input{
		Platform: "linux/arm64",
		Data: []byte("FROM a AS one\nFROM never\nFROM b AS two\nCOPY --from=c:1 x y\n" +
			"FROM docker.io/library/a:latest\nCOPY --from=one x y\nCOPY --from=two x y\nRUN --mount=from=c:1,target=/c z\n"),
		Images: func(ctx context.Context, ref, platform string) (*build.Image, error) {
			mu.Lock()
			asked[ref+" "+platform]++
			if len(asked) == 3 {
				close(together)
			}
			mu.Unlock()
			select {
			case <-together:
			case <-time.After(10 * time.Second):
				return nil, errors.New("the others are not asked for meanwhile")
			}
			return unknownImage(ref, platform), nil
		},
	}
	if _, err := Lower(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(asked); got != "map[a linux/arm64:1 b linux/arm64:1 c:1 linux/arm64:1]" {
		t.Error(got)
	}
}

// A stage may be of another platform; what is copied from an image is of the target's.
func TestPlatformsOfBases(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	in := Input{
		Platform: "linux/arm/v7",
		Data:     []byte("FROM --platform=linux/riscv64 a AS s\nCOPY --from=b x y\nFROM c\nCOPY --from=s x y\nCOPY --from=b x y\n"),
		Images: func(_ context.Context, ref, platform string) (*build.Image, error) {
			mu.Lock()
			defer mu.Unlock()
			asked[ref+" "+platform]++
			return unknownImage(ref, platform), nil
		},
	}
	if _, err := Lower(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(asked); got != "map[a linux/riscv64:1 b linux/arm/v7:1 c linux/arm/v7:1]" {
		t.Error(got)
	}
}

// The error is that of the image which could not be had, with its line; the others are
// not waited for.
func TestBaseThatFails(t *testing.T) {
	in := Input{
		Data: []byte("FROM slow AS a\nFROM bad AS b\nFROM slow2\nCOPY --from=a x y\nCOPY --from=b x y\n"),
		Images: func(ctx context.Context, ref, _ string) (*build.Image, error) {
			if ref == "bad" {
				return nil, errors.New("denied")
			}
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}
	_, err := Lower(t.Context(), in)
	var ours *Error
	if !errors.As(err, &ours) || ours.Line != 2 || !strings.HasSuffix(err.Error(), "bad: denied") {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Lower(ctx, Input{Data: []byte("FROM a\n"), Images: anyImage}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPlatform(t *testing.T) {
	for text, want := range map[string]string{
		"linux/amd64": "linux/amd64", "linux/x86_64": "linux/amd64", "linux/amd64/v1": "linux/amd64", "linux/amd64/v3": "linux/amd64/v3",
		"linux/arm64/v8": "linux/arm64", "linux/aarch64": "linux/arm64", "arm64": "linux/arm64", "linux/arm": "linux/arm/v7",
		"linux/arm/6": "linux/arm/v6", "linux/armhf": "linux/arm/v7", "linux/i386": "linux/386", "riscv64": "linux/riscv64", "LINUX/ARM64": "linux/arm64",
		"windows/amd64": "windows/amd64", "linux": machine().String(), "local": machine().String(),
		"": "", "linux/": "", "a/b/c/d": "", "linux/a b": "", "../x": "",
	} {
		got, err := parsePlatform(text)
		if (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("%q: %v %v, wanted %q", text, got, err, want)
		}
	}
}
