package api

import "time"

// Network is a network as network inspect shows it.
type Network struct {
	Name    string    `json:"name"` // resolved
	ID      string    `json:"id"`   // 64 hex digits
	Created time.Time `json:"created,omitzero"`
	// Project and Key are those of the file that defines it; "" = it was made by
	// network create.
	Project string `json:"project,omitempty"`
	Key     string `json:"key,omitempty"`
	// External: the project is on it and does not own it.
	External   bool              `json:"external,omitempty"`
	Subnets    []Subnet          `json:"subnets,omitempty"`
	Internal   bool              `json:"internal,omitempty"`
	Isolated   bool              `json:"isolated,omitempty"` // containers do not reach each other
	Attachable bool              `json:"attachable,omitempty"`
	MTU        int               `json:"mtu,omitempty"` // bytes
	Labels     map[string]string `json:"labels,omitempty"`
	Endpoints  []NetworkEndpoint `json:"endpoints,omitempty"` // of the project's containers
}

// Subnet is a range of a network's addresses.
type Subnet struct {
	Subnet  string            `json:"subnet"`
	Gateway string            `json:"gateway,omitempty"`
	IPRange string            `json:"ip_range,omitempty"`
	Aux     map[string]string `json:"aux,omitempty"`
}

// NetworkEndpoint is where one container stands in a network.
type NetworkEndpoint struct {
	Container string `json:"container"` // its name
	ID        string `json:"id"`        // of the container
	Interface string `json:"interface"` // inside
	MAC       string `json:"mac"`
	IPv4      string `json:"ipv4,omitempty"` // with the length of the prefix
	IPv6      string `json:"ipv6,omitempty"`
	Up        bool   `json:"up,omitempty"` // the container runs
	// What it has received and sent since it was attached.
	RxBytes   uint64 `json:"rx_bytes"`
	TxBytes   uint64 `json:"tx_bytes"`
	RxPackets uint64 `json:"rx_packets"`
	TxPackets uint64 `json:"tx_packets"`
}
