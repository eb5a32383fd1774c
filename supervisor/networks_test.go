package supervisor

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// shownNetworks are the networks as network inspect gets them, by name.
func (g *stage) shownNetworks() map[string]api.Network {
	g.t.Helper()
	out := map[string]api.Network{}
	err := g.s.look(context.Background(), &request{Request: api.Request{Op: api.OpNetworks}, Send: func(v any, _ ...*os.File) error {
		for _, n := range v.(api.Answer).Networks {
			out[n.Name] = n
		}
		return nil
	}})
	if err != nil {
		g.t.Fatal(err)
	}
	return out
}

// A network has the time when it was made, also after a crash, and until it is made
// anew; its id is that of its events; one that has left the file is shown as it was.
func TestNetworksAreShownAsTheyWereMade(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		made := time.Now()
		g.must(g.up(netted(svc("a", on("front", "back")))))
		sleep(time.Hour)
		g.crash()
		g.must(g.up(netted(svc("a", on("front", "back")))))
		for name, n := range g.shownNetworks() {
			if !n.Created.Equal(made) {
				t.Errorf("%s was made at %s, and is shown as of %s", name, made, n.Created)
			}
		}
		again := time.Now()
		p := netted(svc("a", on("front")))
		p.Networks[1].Internal = true
		p.Networks = p.Networks[1:]
		g.must(g.up(p))
		shown := g.shownNetworks()
		if n := shown["demo_front"]; !n.Created.Equal(again) {
			t.Errorf("front was made anew at %s, and is shown as of %s", again, n.Created)
		}
		if n := shown["demo_back"]; !n.Created.Equal(made) || n.ID == "" || n.Key != "back" {
			t.Errorf("back, of no file any more, is shown as %+v", n)
		}
		told := 0
		for _, e := range g.recalled(again, true) {
			if e.Type == api.NetworkEvent {
				told++
				if e.ID != shown[e.Name].ID {
					t.Errorf("%s of %s has the id %s, the network %s", e.Action, e.Name, e.ID, shown[e.Name].ID)
				}
			}
		}
		if told == 0 {
			t.Error("no event of a network")
		}
	})
}

// What was found out about networks that nobody has been told of goes with them; what
// their removal finds out is said.
func TestOldNoticesGoWithTheNetworks(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(netted(svc("a", on("front")))))
		g.f.Mu.Lock()
		g.f.Saying = []string{"ping is off"}
		g.f.Mu.Unlock()
		rep := g.do(api.Request{Op: api.OpDown, Down: &api.DownRequest{}})
		g.must(rep)
		for _, line := range rep.lines {
			if strings.HasSuffix(line, "Warning") {
				t.Errorf("down says %q", line)
			}
		}
		if len(g.f.Notices()) != 0 {
			t.Error("it was kept for the next command")
		}
	})
}
