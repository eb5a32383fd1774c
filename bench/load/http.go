package load

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// request asks for one page again and again on one connection, as a client of a
// web service does.
func request(o Order) (Result, error) {
	t := &http.Transport{MaxIdleConnsPerHost: 1}
	defer t.CloseIdleConnections()
	c := &http.Client{Transport: t, Timeout: patience}
	return repeat(o.For, func() error {
		r, err := c.Get("http://" + o.Addr + "/")
		if err != nil {
			return err
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err == nil && (r.StatusCode != http.StatusOK || len(b) != len(page)) {
			err = fmt.Errorf("%s, %d bytes", r.Status, len(b))
		}
		return err
	})
}

const page = "{\"status\":\"ok\"}\n"

// serveHTTP answers the requests of one connection, whose first bytes were read.
func serveHTTP(c net.Conn, read []byte) {
	in, out := bufio.NewReader(io.MultiReader(bytes.NewReader(read), c)), bufio.NewWriter(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		r.Body.Close()
		fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			time.Now().UTC().Format(http.TimeFormat), len(page), page)
		if out.Flush() != nil {
			return
		}
	}
}
