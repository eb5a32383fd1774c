package main

import (
	"net/http"
	"sync"
)

// product is one line of the stock.
type product struct {
	Name  string `json:"name"`
	Left  int    `json:"left"`
	Price int    `json:"price"` // cents
}

// store knows what is in stock.
type store struct {
	mu       sync.Mutex
	products []product
}

func newStore() *store {
	return &store{products: []product{{"lantern", 7, 1250}, {"rope, 10 m", 12, 900}, {"tin whistle", 3, 650}}}
}

func (s *store) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", healthy)
	mux.HandleFunc("GET /stock", s.stock)
	mux.HandleFunc("POST /take/{name}", s.take)
	return mux
}

func (s *store) stock(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answerJSON(w, s.products)
}

func (s *store) take(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.products {
		p := &s.products[i]
		if p.Name != r.PathValue("name") {
			continue
		}
		if p.Left == 0 {
			http.Error(w, "sold out", http.StatusConflict)
			return
		}
		p.Left--
		answerJSON(w, p)
		return
	}
	http.Error(w, "no such product", http.StatusNotFound)
}
