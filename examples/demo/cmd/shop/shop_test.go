package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// One purchase through all three servers.
func TestPurchase(t *testing.T) {
	storeServer := httptest.NewServer(newStore().routes())
	defer storeServer.Close()
	apiServer := httptest.NewServer((&api{store: storeServer.URL}).routes())
	defer apiServer.Close()
	webServer := httptest.NewServer((&web{api: apiServer.URL}).routes())
	defer webServer.Close()

	page := func() string {
		var b strings.Builder
		if err := get(t.Context(), webServer.URL+"/", &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if p := page(); !strings.Contains(p, "tin whistle      3 left    6.50") {
		t.Errorf("the page before the purchase:\n%s", p)
	}
	for range 3 {
		if err := health(t.Context(), webServer.URL+"/buy/tin%20whistle"); err != nil {
			t.Fatal(err)
		}
	}
	if p := page(); !strings.Contains(p, "tin whistle      0 left") {
		t.Errorf("the page after three purchases:\n%s", p)
	}
	if err := health(t.Context(), webServer.URL+"/buy/tin%20whistle"); err == nil {
		t.Error("a fourth one was sold")
	}
	var nothing product
	if err := fetchJSON(t.Context(), http.MethodPost, apiServer.URL+"/buy/moon", &nothing); err == nil {
		t.Error("the moon was sold")
	}
}

func TestRender(t *testing.T) {
	now := time.Unix(100, 0)
	got := render(offer{Products: []product{{"rope, 10 m", 12, 905}}, Since: now.Add(-1500 * time.Millisecond)}, now)
	want := "THE CORNER SHOP\n  rope, 10 m      12 left    9.05\napi up for 1.5s\n"
	if got != want {
		t.Errorf("page:\n%q\nwant:\n%q", got, want)
	}
}
