package main

import (
	"log"
	"net/http"
	"net/url"
	"os"
	"time"
)

// api has the rules of the shop; it keeps nothing itself, so it may crash.
type api struct{ store string }

// offer is what the page shows.
type offer struct {
	Products []product `json:"products"`
	// Since is when this run of the api began: after a crash it is new.
	Since time.Time `json:"since"`
}

var began = time.Now()

func (a *api) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", healthy)
	mux.HandleFunc("GET /offer", a.offer)
	mux.HandleFunc("POST /buy/{name}", a.buy)
	mux.HandleFunc("POST /crash", crash)
	return mux
}

func (a *api) offer(w http.ResponseWriter, r *http.Request) {
	o := offer{Since: began}
	if err := fetchJSON(r.Context(), http.MethodGet, a.store+"/stock", &o.Products); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	answerJSON(w, o)
}

func (a *api) buy(w http.ResponseWriter, r *http.Request) {
	var p product
	if err := fetchJSON(r.Context(), http.MethodPost, a.store+"/take/"+url.PathEscape(r.PathValue("name")), &p); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	log.Printf("sold one %s, %d left", p.Name, p.Left)
	answerJSON(w, p)
}

// crash ends the process as a bug would, in the middle of a request.
func crash(http.ResponseWriter, *http.Request) {
	log.Print("api: out of luck, crashing now")
	os.Exit(70)
}
