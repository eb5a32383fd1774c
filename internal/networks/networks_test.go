package networks

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
)

func store(t *testing.T) *Store {
	top := t.TempDir()
	return Open(state.Dirs{Run: filepath.Join(top, "run"), Data: filepath.Join(top, "data")})
}

func create(t *testing.T, s *Store, n Network) Network {
	t.Helper()
	got, err := s.Create(context.Background(), n, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func nobody(string) ([]string, error) { return nil, nil }

func TestADefinitionIsComplete(t *testing.T) {
	s := store(t)
	n := create(t, s, Network{Name: "shared", IPv6: true, Labels: map[string]string{"a": "b"}})
	if len(n.ID) != 64 || n.Created.IsZero() || len(n.Pools) != 2 {
		t.Fatalf("%+v", n)
	}
	for i, p := range n.Subnets() {
		if p.Addr().Is6() != (i == 1) || n.Pools[i].Gateway != p.Addr().Next().String() {
			t.Errorf("pool %+v", n.Pools[i])
		}
	}
	got, err := s.Get("shared")
	if err != nil || got.ID != n.ID || got.Labels["a"] != "b" {
		t.Errorf("%+v, %v", got, err)
	}
	avoid := n.Subnets()[:1]
	other, err := s.Create(context.Background(), Network{Name: "other"}, avoid)
	if err != nil || other.Subnets()[0].Overlaps(avoid[0]) {
		t.Errorf("%+v, %v", other, err)
	}
	if list, err := s.List(); err != nil || len(list) != 2 || list[0].Name != "other" {
		t.Errorf("%+v, %v", list, err)
	}
}

// A file's labels do not hide whose a network is: down would leave it for ever.
func TestOwnerStays(t *testing.T) {
	n := OfFile("shop", &project.Network{Name: "front", Key: "web", Labels: map[string]string{LabelProject: "other", LabelKey: "x", "a": "b"}})
	if n.Owner() != "shop" || n.Labels[LabelKey] != "web" || n.Labels["a"] != "b" {
		t.Errorf("%v", n.Labels)
	}
}

// What the kernel would refuse at the first up is refused at once (RFC 8200, 5).
func TestLeastMTU(t *testing.T) {
	for mtu, six := range map[string]bool{"67": false, "1279": true} {
		n := Network{Name: "n", IPv6: six, Options: map[string]string{optionMTU: mtu}}
		if _, err := n.Settings(); err == nil {
			t.Errorf("IPv6 %t, MTU %s: no error", six, mtu)
		}
	}
}

func TestBadDefinitions(t *testing.T) {
	s := store(t)
	create(t, s, Network{Name: "there", Pools: []Pool{{Subnet: "10.5.0.0/16"}}})
	pool := func(p ...Pool) Network { return Network{Name: "x", Pools: p} }
	for want, n := range map[string]Network{
		"is not a network's name":               {Name: "../x"},
		"predefined host network":               {Name: "host"},
		"already exists":                        {Name: "there"},
		"IPv4 or IPv6 must be enabled":          {Name: "x", NoIPv4: true},
		"write it as 10.20.0.0/24":              pool(Pool{Subnet: "10.20.0.0"}),
		"between 8 and 29":                      pool(Pool{Subnet: "10.20.0.0/30"}),
		"it should be 10.20.0.0/24":             pool(Pool{Subnet: "10.20.0.7/24"}),
		"10.21.0.1 is no host's address":        pool(Pool{Subnet: "10.20.0.0/24", Gateway: "10.21.0.1"}),
		"auxiliary address r: \"x\" is not":     pool(Pool{Subnet: "10.20.0.0/24", Aux: map[string]string{"r": "x"}}),
		"does not lie in subnet 10.20.0.0/24":   pool(Pool{Subnet: "10.20.0.0/24", IPRange: "10.20.1.0/28"}),
		"one subnet of each":                    pool(Pool{Subnet: "10.20.0.0/24"}, Pool{Subnet: "10.21.0.0/24"}),
		"IPv6 is not enabled":                   pool(Pool{Subnet: "fd00:1::/64"}),
		"IPv4 is disabled":                      {Name: "x", NoIPv4: true, IPv6: true, Pools: []Pool{{Subnet: "10.20.0.0/24"}}},
		"overlaps with 10.5.0.0/16 of network ": pool(Pool{Subnet: "10.5.7.0/24"}),
		"use a number of bytes":                 {Name: "x", Options: map[string]string{optionMTU: "9"}},
		"use true or false":                     {Name: "x", Options: map[string]string{optionICC: "maybe"}},
	} {
		if _, err := s.Create(context.Background(), n, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", n, err, want)
		}
	}
	if list, _ := s.List(); len(list) != 1 {
		t.Errorf("a bad one is there: %+v", list)
	}
}

func TestRemove(t *testing.T) {
	s := store(t)
	ctx := context.Background()
	create(t, s, Network{Name: "a"})
	var used *InUseError
	err := s.Remove(ctx, "a", func(string) ([]string, error) { return []string{"p", "q"}, nil })
	if !errors.As(err, &used) || !strings.Contains(err.Error(), "in use by p, q") {
		t.Errorf("in use: %v", err)
	}
	if err := s.Remove(ctx, "a", nobody); err != nil {
		t.Error(err)
	}
	var missing *NotFoundError
	if err := s.Remove(ctx, "a", nobody); !errors.As(err, &missing) {
		t.Errorf("again: %v", err)
	}
	if _, err := os.Stat(s.dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory is left: %v", err)
	}
}

// Whoever creates at the same time gets different subnets.
func TestCreateAtOnce(t *testing.T) {
	s := store(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, err := s.Create(context.Background(), Network{Name: fmt.Sprintf("n%d", i)}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list, err := s.List()
	if err != nil || len(list) != 20 {
		t.Fatalf("%d, %v", len(list), err)
	}
	seen := map[netip.Prefix]string{}
	for i := range list {
		p := list[i].Subnets()[0]
		if seen[p] != "" {
			t.Errorf("%s and %s have %s", list[i].Name, seen[p], p)
		}
		seen[p] = list[i].Name
	}
}

func TestSettings(t *testing.T) {
	n := Network{Options: map[string]string{optionMTU: "1400", optionICC: "false", optionBridge: "br9", "x": "y"}}
	s, err := n.Settings()
	if err != nil || s.MTU != 1400 || !s.Isolated || len(s.Unknown) != 1 || s.Unknown[0] != "x" {
		t.Errorf("%+v, %v", s, err)
	}
}

// What a definition accepts has addresses to give, and is accepted again as it
// was completed.
func FuzzPool(f *testing.F) {
	f.Add("10.20.0.0/24", "10.20.0.9", "10.20.0.128/25")
	f.Add("fd00:1::/64", "", "")
	f.Fuzz(func(t *testing.T, subnet, gateway, ipRange string) {
		p := Pool{Subnet: subnet, Gateway: gateway, IPRange: ipRange}
		if _, err := p.check(); err != nil {
			return
		}
		again := p
		got, err := again.check()
		if err != nil || again.Subnet != p.Subnet || again.Gateway != p.Gateway || !got.Contains(netip.MustParseAddr(p.Gateway)) {
			t.Errorf("%+v, then %+v: %v", p, again, err)
		}
	})
}
