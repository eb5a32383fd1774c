package networks

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Settings are the options that mean something here.
type Settings struct {
	MTU      int  // bytes; 0 = the default
	Isolated bool // containers do not reach each other
	// Unknown are the options without effect, sorted.
	Unknown []string
}

// Options of docker's bridge driver.
const (
	optionMTU    = "com.docker.network.driver.mtu"
	optionICC    = "com.docker.network.bridge.enable_icc"
	optionBridge = "com.docker.network.bridge.name"
)

// Settings reads the options. The error names one with a bad value.
func (n *Network) Settings() (s Settings, err error) {
	least := 68 // RFC 791
	if n.IPv6 {
		least = 1280 // RFC 8200, 5
	}
	for _, key := range slices.Sorted(maps.Keys(n.Options)) {
		value := n.Options[key]
		switch key {
		case optionMTU, "mtu":
			if s.MTU, err = strconv.Atoi(value); err != nil || s.MTU != 0 && (s.MTU < least || s.MTU > 65535) {
				return s, fmt.Errorf("option %s=%s: use a number of bytes from %d to 65535", key, value, least)
			}
		case optionICC:
			icc, err := strconv.ParseBool(value)
			if err != nil {
				return s, fmt.Errorf("option %s=%s: use true or false", key, value)
			}
			s.Isolated = !icc
		case optionBridge:
			// The bridge stands where nobody looks: any name is as good as another.
		default:
			s.Unknown = append(s.Unknown, key)
		}
	}
	return s, nil
}

func settingsAsOptions(mtu int, isolated bool) map[string]string {
	options := map[string]string{}
	if mtu != 0 {
		options[optionMTU] = strconv.Itoa(mtu)
	}
	if isolated {
		options[optionICC] = "false"
	}
	return options
}
