package firewall

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

// Unavailable says that the kernel cannot do what the rules need.
type Unavailable struct {
	What string // the part that is missing
	Err  error
}

func (e *Unavailable) Error() string {
	return fmt.Sprintf("%v: %s", e.Err, cause.Rules(cause.Here()))
}

// Unwrap gives the kernel's answer.
func (e *Unavailable) Unwrap() error { return e.Err }

// Table is the rules of one router namespace. It may be used from any goroutine.
type Table struct {
	mu      sync.Mutex
	socket  *transport
	conn    *nftables.Conn
	last    *Rules // in force; nil: those of an earlier process, or none
	rejects bool
}

// Open prepares the calling thread's net namespace, which must be the router's:
// the way of marked packets to its own sockets. Its
// loopback must be up. The rules of an earlier process
// stay in force until [Table.Apply]. The error is [*Unavailable] when the kernel
// lacks a part, which is found out by trying.
func Open() (*Table, error) {
	if os.Getenv("MOCKER_FORCE_NO_NFT") != "" {
		return nil, &Unavailable{"nf_tables", errors.New("turned off by MOCKER_FORCE_NO_NFT")}
	}
	if err := routeMarked(); err != nil {
		return nil, err
	}
	// The socket belongs to this thread's namespace, whoever uses it later.
	socket, err := openTransport()
	if err != nil {
		return nil, &Unavailable{"nf_tables", err}
	}
	conn, err := socket.connect()
	if err != nil {
		return nil, errors.Join(&Unavailable{"nf_tables", err}, socket.close())
	}
	t := &Table{socket: socket, conn: conn}
	if err := t.probe(); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// probe makes and removes rules of each kind in one batch.
func (t *Table) probe() error {
	everything := Rules{TCP4: 1, UDP4: 1, Networks: []Network{{Bridge: "probe", Subnets: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}}}
	var err error
	for _, t.rejects = range []bool{true, false} {
		table := t.conn.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: TableName + "-probe"})
		(&writer{conn: t.conn, table: table, rules: everything, rejects: t.rejects}).write()
		t.conn.DelTable(table)
		if err = t.socket.flush(t.conn); err == nil {
			return nil
		}
	}
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("nft rules: %w", err)
	}
	return &Unavailable{"nf_tables with tproxy and socket", err}
}

// Apply puts r in force in place of all that was: either wholly, or not at all.
func (t *Table) Apply(r Rules) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last != nil && t.last.equal(r) {
		return nil
	}
	// A table can only be deleted if it is there, so it is added first.
	table := &nftables.Table{Family: nftables.TableFamilyINet, Name: TableName}
	t.conn.AddTable(table)
	t.conn.DelTable(table)
	t.conn.AddTable(table)
	(&writer{conn: t.conn, table: table, rules: r, rejects: t.rejects}).write()
	if err := t.socket.flush(t.conn); err != nil {
		return fmt.Errorf("write the nft table %s of the router namespace: %w", TableName, err)
	}
	t.last = &r
	return nil
}

// Close closes the connection to the kernel; the rules stay.
func (t *Table) Close() error { return errors.Join(t.conn.CloseLasting(), t.socket.close()) }
