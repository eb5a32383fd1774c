package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// web is the front: it shows the offer as a page, and passes orders on.
type web struct{ api string }

func (s *web) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", healthy)
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /buy/{name}", func(w http.ResponseWriter, r *http.Request) {
		s.pass(w, r, "/buy/"+url.PathEscape(r.PathValue("name")))
	})
	mux.HandleFunc("GET /crash", func(w http.ResponseWriter, r *http.Request) { s.pass(w, r, "/crash") })
	return mux
}

// page answers with a text that is a page for a terminal and, between <pre>
// marks, for a browser.
func (s *web) page(w http.ResponseWriter, r *http.Request) {
	var o offer
	if err := fetchJSON(r.Context(), http.MethodGet, s.api+"/offer", &o); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	text := render(o, time.Now())
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		text = "<!doctype html><title>The corner shop</title><pre>" + text + "</pre>"
	} else {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	_, _ = io.WriteString(w, text) // the client has gone: nothing to tell it
}

func render(o offer, now time.Time) string {
	var b strings.Builder
	b.WriteString("THE CORNER SHOP\n")
	for _, p := range o.Products {
		fmt.Fprintf(&b, "  %-14s %3d left  %3d.%02d\n", p.Name, p.Left, p.Price/100, p.Price%100)
	}
	fmt.Fprintf(&b, "api up for %s\n", now.Sub(o.Since).Round(100*time.Millisecond))
	return b.String()
}

func (s *web) pass(w http.ResponseWriter, r *http.Request, path string) {
	body, err := fetch(r.Context(), http.MethodPost, s.api+path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer body.Close()
	_, _ = io.Copy(w, body) // the client has gone: nothing to tell it
}
