package uplink

import (
	"strconv"

	"github.com/mocker-compose/mocker-compose/netstack/uplink/gvisor"
)

// GvisorRole is the role in which our own binary is the helper.
const GvisorRole = "uplink-gvisor"

func findGvisor() (*Helper, error) {
	if !gvisor.Built {
		return nil, &Missing{"this mocker-compose was built without gvisor", "make gvisor"}
	}
	return &Helper{Name: "gvisor", args: gvisorArgs}, nil
}

func gvisorArgs(p Plan, ns string) []string {
	return []string{Tap, strconv.Itoa(MTU), Gateway(p.Subnet).String(), ns}
}
