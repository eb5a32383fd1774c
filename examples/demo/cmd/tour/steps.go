package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

func (t *tour) next(text string) {
	t.step++
	t.style.title(t.step, text)
}

func (t *tour) up(ctx context.Context) error {
	t.next("Three services, started in the order of their health")
	begin := time.Now()
	if err := t.run(ctx, "up", "-d", "--wait"); err != nil {
		return err
	}
	t.style.good("all healthy after %s; no daemon, no root, no image", time.Since(begin).Round(10*time.Millisecond))
	return t.pause(ctx)
}

func (t *tour) look(ctx context.Context) error {
	t.next("What runs")
	if err := t.run(ctx, "ps"); err != nil {
		return err
	}
	var err error
	if t.port, err = t.published(ctx); err != nil {
		return err
	}
	return t.pause(ctx)
}

// published asks ps on which port of this machine web is.
func (t *tour) published(ctx context.Context) (int, error) {
	out, err := t.output(ctx, "ps", "--format", "json", "web")
	if err != nil {
		return 0, err
	}
	var c struct {
		Publishers []struct{ PublishedPort int }
	}
	if err := json.NewDecoder(strings.NewReader(string(out))).Decode(&c); err != nil {
		return 0, fmt.Errorf("read the output of ps: %w", err)
	}
	if len(c.Publishers) == 0 || c.Publishers[0].PublishedPort == 0 {
		return 0, fmt.Errorf("ps names no published port of web: %s", out)
	}
	return c.Publishers[0].PublishedPort, nil
}

func (t *tour) visit(ctx context.Context) error {
	t.next("The shop, through its published port")
	if _, err := t.get(ctx, "/buy/lantern"); err != nil {
		return err
	}
	page, err := t.shop(ctx, "get", t.url("/"))
	if err != nil {
		return err
	}
	if !strings.Contains(page, "6 left") {
		return errors.New("the lantern that was bought is still in stock")
	}
	t.style.good("web asked api, api asked store: each found the next by name")
	return t.pause(ctx)
}

func (t *tour) crash(ctx context.Context) error {
	t.next("One of them crashes, and comes back")
	begin := time.Now()
	if _, err := t.shop(ctx, "get", t.url("/crash")); err == nil {
		return errors.New("the api answered instead of crashing")
	}
	page, err := t.again(ctx)
	if err != nil {
		return err
	}
	t.style.good("api died and was restarted: the page is back after %s", time.Since(begin).Round(10*time.Millisecond))
	fmt.Fprint(&indenter{w: os.Stdout, begin: true}, page)
	if err := t.run(ctx, "ps", "api"); err != nil {
		return err
	}
	return t.pause(ctx)
}

// again asks for the page until the new api has it. There is no event to wait
// for on this side of the network.
func (t *tour) again(ctx context.Context) (string, error) {
	for {
		if page, err := t.get(ctx, "/"); err == nil {
			return page, nil
		}
		select {
		case <-ctx.Done():
			return "", errors.New("the api did not come back")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (t *tour) logs(ctx context.Context) error {
	t.next("One log of all, in order of arrival; it survives crashes")
	args := []string{"logs", "--tail", "6"}
	if !t.style.colour {
		args = append(args, "--no-color")
	}
	if err := t.run(ctx, args...); err != nil {
		return err
	}
	return t.pause(ctx)
}

func (t *tour) inside(ctx context.Context) error {
	t.next("How the world looks from inside: api sees both networks")
	if err := t.run(ctx, "exec", "-T", "api", "./bin/shop", "inside", "web", "store"); err != nil {
		return err
	}
	t.next("web does not know the store: they share no network")
	if err := t.run(ctx, "exec", "-T", "web", "./bin/shop", "inside", "api", "store"); err != nil {
		return err
	}
	return t.pause(ctx)
}

func (t *tour) down(ctx context.Context) error {
	t.next("The end")
	begin := time.Now()
	if err := t.run(ctx, "down"); err != nil {
		return err
	}
	t.over = true
	took := time.Since(begin)
	if left := t.leftovers(ctx); len(left) > 0 {
		return fmt.Errorf("left after down:\n  %s", strings.Join(left, "\n  "))
	}
	t.style.good("down in %s. Left: 0 processes, 0 files, port %d closed", took.Round(10*time.Millisecond), t.port)
	fmt.Printf("\n   Your turn: write a compose.yaml, and %s\n\n", t.style.paint(bold, "mocker-compose up"))
	return nil
}

func (t *tour) url(path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", t.port, path) }

// get fetches a page of the shop through the published port.
func (t *tour) get(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url(path), nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s: %s", t.url(path), resp.Status, body)
	}
	return string(body), nil
}
