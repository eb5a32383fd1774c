package settings

// unpaced are the congestion controls of which it is known that they send as
// fast as the receiver takes it.
var unpaced = map[string]bool{"reno": true, "cubic": true}

// Calm are those about congestion of every namespace of the project,
// given the host's choice. Nothing that TCP sends in R or in a container meets a
// wire: all of it ends in this machine, where nothing is lost and the receiver's
// window is the only limit. What goes on from here to a real network is sent by a
// socket of the host's namespace, with the host's choice. A control that paces,
// such as BBR (net.ipv4.tcp_congestion_control=bbr on many servers), spends timers
// to hold back packets that nothing waits for, and halves what a connection can
// carry. Reno is the one that every namespace may choose (tcp(7)).
func Calm(host string) []Setting {
	if host == "" || unpaced[host] {
		return nil // a new namespace has the host's
	}
	return []Setting{{Key: congestionKey, Value: "reno", Fresh: true, Optional: true}}
}

const congestionKey = "ipv4/tcp_congestion_control"

// HostCongestion is the host's choice, "" if it cannot be read. To be called by
// an ordinary goroutine.
func HostCongestion() string {
	name, err := Setting{Key: congestionKey}.Read()
	if err != nil {
		return ""
	}
	return name
}
