package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// serve answers:
//
//	/health      200, or 503 while sick
//	/sick /well  switch that
//	/exit/CODE   ends the process
//	/peer        the client's address
//	/get?url=    what another server answers
func serve(args []string) error {
	var sick atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if sick.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/sick", func(http.ResponseWriter, *http.Request) { sick.Store(true) })
	mux.HandleFunc("/well", func(http.ResponseWriter, *http.Request) { sick.Store(false) })
	mux.HandleFunc("/exit/{code}", func(_ http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(r.PathValue("code"))
		if err != nil {
			code = 1
		}
		os.Exit(code)
	})
	mux.HandleFunc("/peer", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.RemoteAddr) })
	mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) {
		if err := fetch(r.URL.Query().Get("url"), w); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	})
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, host) })
	fmt.Println("serving at", args[0])
	server := http.Server{Addr: args[0], Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

func get(args []string) error { return fetch(args[0], os.Stdout) }

func fetch(url string, w io.Writer) error {
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	_, err = io.Copy(w, resp.Body)
	return err
}
