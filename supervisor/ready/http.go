package ready

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// Bounds of an answer: all of it, and the text that is shown of one that is not good.
const (
	answerLimit = 64 << 10
	bodyLimit   = 200
	bodyWait    = 200 * time.Millisecond
	interims    = 5 // answers 1xx before the real one
)

// get sends a request and looks at the status of its answer. It is done by hand: a whole
// client is much for a first line, and would follow redirects, keep connections and
// unpack bodies. conn is closed by the caller, also when ctx ends.
func get(ctx context.Context, conn net.Conn, h *project.ReadyHTTP) error {
	if d, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(d); err != nil {
			return err
		}
	}
	host := "localhost"
	for name, value := range h.Header {
		if strings.EqualFold(name, "Host") {
			host = value
		}
	}
	if h.Scheme == "https" {
		name, _, err := net.SplitHostPort(host)
		if err != nil {
			name = host
		}
		c := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, ServerName: name, NextProtos: []string{"http/1.1"}}) //nolint:gosec // see the package comment
		if err := c.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		conn = c
	}
	if _, err := io.WriteString(conn, request(h, host)); err != nil {
		return err
	}
	return answer(conn, h)
}

// request is the text of it (RFC 9112).
func request(h *project.ReadyHTTP, host string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", h.Path, host)
	agent := "User-Agent: mocker-compose\r\nAccept: */*\r\n"
	for _, name := range slices.Sorted(maps.Keys(h.Header)) {
		switch {
		case strings.EqualFold(name, "Host"):
			continue
		case strings.EqualFold(name, "User-Agent"):
			agent = "Accept: */*\r\n"
		}
		fmt.Fprintf(&b, "%s: %s\r\n", name, h.Header[name])
	}
	return b.String() + agent + "Connection: close\r\n\r\n"
}

// answer reads the status, and of a bad one how the body begins.
func answer(conn net.Conn, h *project.ReadyHTTP) error {
	r := bufio.NewReaderSize(io.LimitReader(conn, answerLimit), 4096)
	for range interims + 1 {
		line, err := r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the answer is not HTTP: %w", unexpected(err))
		}
		code, reason, err := status(line)
		if err != nil {
			return err
		}
		if h.Accepts(code) {
			return nil
		}
		if err := skipHeader(r); err != nil {
			return fmt.Errorf("%d %s: its header does not end", code, reason)
		}
		if code >= 200 || code == 101 {
			return fmt.Errorf("%s", strings.TrimSpace(fmt.Sprintf("%d %s", code, reason))+body(conn, r))
		}
	}
	return fmt.Errorf("more than %d interim answers", interims)
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// status reads "HTTP/1.1 200 OK".
func status(line string) (code int, reason string, err error) {
	line = strings.TrimRight(line, "\r\n")
	version, rest, _ := strings.Cut(line, " ")
	number, reason, _ := strings.Cut(rest, " ")
	code, err = strconv.Atoi(number)
	if !strings.HasPrefix(version, "HTTP/1.") || err != nil || len(number) != 3 {
		return 0, "", fmt.Errorf("the answer is not HTTP: %.80q", line)
	}
	return code, plain(reason, 60), nil
}

func skipHeader(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case err == bufio.ErrBufferFull:
			continue // in the middle of a long one
		case err != nil:
			return err
		case len(strings.TrimRight(string(line), "\r\n")) == 0:
			return nil
		}
	}
}

// body is how the body begins, in one line; it is not waited for long.
func body(conn net.Conn, r *bufio.Reader) string {
	if r.Buffered() == 0 {
		_ = conn.SetReadDeadline(time.Now().Add(bodyWait))
		_, _ = r.Peek(1)
	}
	b, _ := r.Peek(min(r.Buffered(), bodyLimit))
	if text := plain(string(b), bodyLimit); text != "" {
		return ": " + text
	}
	return ""
}

// plain is a text in one line, of at most n bytes, without what a terminal would obey.
func plain(text string, n int) string {
	text = strings.ToValidUTF8(text[:min(len(text), n)], "")
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
