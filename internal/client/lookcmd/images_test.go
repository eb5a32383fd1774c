package lookcmd

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

const (
	nginxID = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	lostID  = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
)

// imagesWorld has containers of every origin.
func imagesWorld(t *testing.T) *clienttest.World {
	w := clienttest.New(t)
	store, err := image.Open(w.Dirs.Images())
	if err != nil {
		t.Fatal(err)
	}
	img := image.Image{ID: nginxID, Size: 187_654_321, OS: "linux", Architecture: "arm64", Variant: "v8", Created: time.Now().Add(-72 * time.Hour)}
	save := func(images map[string]image.Image) {
		index := map[string]any{"images": images, "names": map[string]string{"nginx:1.27": nginxID}}
		if err := state.Save(filepath.Join(w.Dirs.Images(), "index.json"), index); err != nil {
			t.Fatal(err)
		}
	}
	save(map[string]image.Image{nginxID: img, lostID: {ID: lostID}})
	var cs []api.Container
	for name, of := range map[string]struct{ image, id string }{
		"named": {"nginx:1.27", nginxID}, "file": {"docker-archive:nginx.tar", nginxID}, "byid": {"1111111111", nginxID},
		"host": {"", ""}, "dir": {"rootfs:./root", ""}, "lost": {"gone", lostID},
	} {
		c := clienttest.Running("demo", name)
		c.Image = of.image
		if name == "host" {
			c.State = "exited"
		}
		cs = append(cs, c)
		holder := w.Dirs.ContainerData("demo", c.Name)
		if err := state.MakePrivate(holder); err != nil {
			t.Fatal(err)
		}
		if of.id != "" {
			if _, err := store.Use(t.Context(), of.id, holder); err != nil {
				t.Fatal(err)
			}
		}
	}
	save(map[string]image.Image{nginxID: img})
	w.Serve("demo", clienttest.Script(map[api.Op][]api.Answer{api.OpPS: {{PS: cs}}}))
	return w
}

func TestImages(t *testing.T) {
	w := imagesWorld(t)
	if err := Images(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &ImagesOptions{Format: "table"}, []string{"named", "file", "byid", "lost"}); err != nil {
		t.Fatal(err)
	}
	clienttest.WantOutput(t, "table", w.Out, `CONTAINER      REPOSITORY   TAG       PLATFORM         IMAGE ID       SIZE      CREATED
demo-byid-1    <none>       <none>    linux/arm64/v8   111111111111   188MB     3 days ago
demo-file-1    nginx        1.27      linux/arm64/v8   111111111111   188MB     3 days ago
demo-lost-1    gone         <none>    linux/`+runtime.GOARCH+`      222222222222   0B        N/A
demo-named-1   nginx        1.27      linux/arm64/v8   111111111111   188MB     3 days ago
`)
}

func TestImagesWithoutImage(t *testing.T) {
	w := imagesWorld(t)
	if err := Images(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &ImagesOptions{Format: "json"}, []string{"host", "dir"}); err != nil {
		t.Fatal(err)
	}
	out := clienttest.Printed(t, w.Out)
	for _, part := range []string{
		`{"ID":"","ContainerName":"demo-dir-1","Repository":"rootfs:./root","Tag":""`,
		`{"ID":"","ContainerName":"demo-host-1","Repository":"(host)","Tag":""`,
	} {
		if !strings.Contains(out, part) {
			t.Errorf("%s\nlacks %s", out, part)
		}
	}
}

func TestImagesQuiet(t *testing.T) {
	w := imagesWorld(t)
	if err := Images(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &ImagesOptions{Quiet: true}, nil); err != nil {
		t.Fatal(err)
	}
	hex := func(id string) string { return strings.TrimPrefix(id, "sha256:") }
	clienttest.WantOutput(t, "ids", w.Out, hex(nginxID)+"\n"+hex(lostID)+"\n")
	if err := Images(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &ImagesOptions{Format: "yaml"}, nil); err == nil {
		t.Error("format yaml was accepted")
	}
}
