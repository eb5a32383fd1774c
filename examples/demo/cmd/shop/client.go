package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

var client = &http.Client{Timeout: 3 * time.Second}

// fetch makes a request and returns its body; any status but 200 is an error.
func fetch(ctx context.Context, method, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("%s %s: %s", method, url, resp.Status)
	}
	return resp.Body, nil
}

func fetchJSON(ctx context.Context, method, url string, v any) error {
	body, err := fetch(ctx, method, url)
	if err != nil {
		return err
	}
	defer body.Close()
	return json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(v)
}

func get(ctx context.Context, url string, w io.Writer) error {
	body, err := fetch(ctx, http.MethodGet, url)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(w, body)
	return err
}

func health(ctx context.Context, url string) error { return get(ctx, url, io.Discard) }
