package delegate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Role is the role of the process that asks systemd (package systemd).
const Role = "delegate"

// RoleArg is the first argument of a process in a role, as in rootless.
const RoleArg = "__role"

// The questions.
const (
	OpScope  = "scope"  // make a transient scope with these processes
	OpAttach = "attach" // move processes into a scope that there is
	OpProbe  = "probe"  // OpScope for the asking process itself, and what it finds there
)

// Question is what the role reads from its standard input, as JSON.
type Question struct {
	Op          string   `json:"op"`
	Unit        string   `json:"unit"`
	Description string   `json:"description,omitempty"`
	PIDs        []int    `json:"pids,omitempty"`
	Below       string   `json:"below,omitempty"` // OpAttach: the cgroup in the scope, "/holder"
	UID         int      `json:"uid"`             // ours as systemd sees it
	Addresses   []string `json:"addresses"`       // tried in this order
}

// Answer is what it prints.
type Answer struct {
	Address string `json:"address,omitempty"` // of the one that answered
	// Taken: there is a living unit of that name, with processes in it.
	Taken bool   `json:"taken,omitempty"`
	Group string `json:"group,omitempty"` // the cgroup of the unit
	// Unreachable: nobody answered. Else Error is what systemd said.
	Unreachable bool   `json:"unreachable,omitempty"`
	Error       string `json:"error,omitempty"`

	Controllers []string `json:"controllers,omitempty"` // OpProbe
}

// ask has the role answer a question. An error: there is no answer.
func ask(ctx context.Context, start Starter, q Question) (a Answer, err error) {
	in, question, err := os.Pipe()
	if err != nil {
		return a, err
	}
	defer in.Close()
	answer, out, err := os.Pipe()
	if err != nil {
		question.Close()
		return a, err
	}
	defer answer.Close()
	text, err := json.Marshal(q)
	if err == nil {
		_, err = question.Write(text) // fits into the pipe's buffer
	}
	question.Close()
	if err != nil {
		out.Close()
		return a, err
	}
	var code int
	ended := make(chan error, 1)
	go func() {
		defer out.Close()
		var err error
		code, err = start(ctx, []string{Role}, [3]*os.File{in, out, os.Stderr}, false)
		ended <- err
	}()
	b, rerr := io.ReadAll(answer)
	if err := errors.Join(<-ended, rerr); err != nil {
		return a, err
	}
	if ctx.Err() != nil {
		return a, fmt.Errorf("systemd has not answered in time: %w", ctx.Err())
	}
	if err := json.Unmarshal(b, &a); err != nil || code != 0 {
		return a, fmt.Errorf("the process that asks systemd has ended with exit %d, without an answer", code)
	}
	return a, nil
}
