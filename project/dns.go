package project

// DNS is what dns, dns_search and dns_opt say of a service. What is empty is as on
// the host.
type DNS struct {
	Servers []string `json:"servers,omitempty"` // addresses
	Search  []string `json:"search,omitempty"`  // "." alone = no search list
	Options []string `json:"options,omitempty"` // of resolv.conf(5)
}
