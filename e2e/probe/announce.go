package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// announce becomes ready when a file appears, in the way that is asked for, and then
// stays:
//
//	tcp ADDRESS        listen
//	http ADDRESS       answer as httpModes says
//	https ADDRESS      the same with a certificate of nobody
//	log TEXT           print it, on standard error
//	notify MESSAGE...  send each to NOTIFY_SOCKET, "\n" for a line feed
//
// The file is ./go; with "now" before the way it is not waited for.
func announce(args []string) error {
	now := len(args) > 0 && args[0] == "now"
	if now {
		args = args[1:]
	}
	if len(args) < 2 {
		return fmt.Errorf("announce: say how, and what")
	}
	fmt.Println("not ready yet")
	for !now {
		if _, err := os.Stat("go"); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	switch args[0] {
	case "tcp":
		l, err := net.Listen("tcp", args[1])
		if err != nil {
			return err
		}
		defer l.Close()
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			c.Close()
		}
	case "http", "https":
		return answerModes(args[0], args[1])
	case "log":
		fmt.Fprintln(os.Stderr, args[1])
	case "notify":
		for _, message := range args[1:] {
			if err := notify(strings.ReplaceAll(message, `\n`, "\n")); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("announce: no such way: %s", args[0])
	}
	return pause(nil)
}

// notify says something to the socket, as sd_notify(3) does.
func notify(message string) error {
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: os.Getenv("NOTIFY_SOCKET"), Net: "unixgram"})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write([]byte(message))
	return err
}

// answerModes answers by the path:
//
//	/ok      200
//	/CODE    that code
//	/host    200 if the request names example.com, else 421
//	/loop    a redirect to itself
//	/drip    one byte of a header a second, for ever
//	/endless a header that does not end
//	/mute    nothing
//	/flip    503 while the file ./down is there
func answerModes(scheme, address string) error {
	mux := http.NewServeMux()
	raw := func(w http.ResponseWriter) net.Conn {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		return c
	}
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "fine") })
	mux.HandleFunc("/{code}", func(w http.ResponseWriter, r *http.Request) {
		var code int
		if _, err := fmt.Sscan(r.PathValue("code"), &code); err != nil {
			code = 404
		}
		http.Error(w, "as you like\x1b[31m it", code)
	})
	mux.HandleFunc("/host", func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "example.com" {
			w.WriteHeader(http.StatusMisdirectedRequest)
		}
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/drip", func(w http.ResponseWriter, _ *http.Request) {
		c := raw(w)
		for {
			if _, err := c.Write([]byte("H")); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		c := raw(w)
		_, err := c.Write([]byte("HTTP/1.1 500 No\r\n"))
		for err == nil {
			_, err = c.Write([]byte("X: " + strings.Repeat("y", 1000) + "\r\n"))
		}
	})
	mux.HandleFunc("/mute", func(w http.ResponseWriter, _ *http.Request) {
		defer raw(w).Close()
		time.Sleep(time.Hour)
	})
	mux.HandleFunc("/flip", func(w http.ResponseWriter, _ *http.Request) {
		if _, err := os.Stat("down"); err == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	server := http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	if scheme == "https" {
		config, err := ownCertificate()
		if err != nil {
			return err
		}
		server.TLSConfig = config
		return server.ListenAndServeTLS("", "")
	}
	return server.ListenAndServe()
}
