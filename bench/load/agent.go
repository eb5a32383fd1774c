package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Agent carries out orders, one after the other, until there are no more.
func Agent(in io.Reader, out io.Writer) error {
	var h held
	defer h.drop()
	orders, results := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o Order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		r, err := h.do(o)
		if err != nil {
			r.Error = fmt.Sprintf("%s %s: %v", o.Verb, o.Addr, err)
		}
		if err := results.Encode(r); err != nil {
			return err
		}
	}
}

func (h *held) do(o Order) (Result, error) {
	switch o.Verb {
	case "bulk":
		return bulk(o)
	case "ping":
		return ping(o)
	case "connect":
		return connects(o)
	case "request":
		return request(o)
	case "udp":
		return udp(o)
	case "dns":
		return ask(o)
	case "hold":
		return h.hold(o)
	case "flows":
		return h.flows(o)
	case "drop":
		h.drop()
		return Result{}, nil
	}
	return Result{}, fmt.Errorf("no verb %q", o.Verb)
}
