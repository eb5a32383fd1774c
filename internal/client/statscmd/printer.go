package statscmd

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client/listing"
)

// cells are the fields for templates, docker's (docker/cli, formatter_stats.go) and ours.
type cells struct {
	BlockIO     string `heading:"BLOCK I/O"` // read / written
	CPUPerc     string `heading:"CPU %"`
	CPUPressure string `heading:"CPU PSI"` // not in docker's stats
	Container   string // the whole id
	ID          string `heading:"CONTAINER ID"` // cut, but for --no-trunc
	IOPressure  string `heading:"IO PSI"`       // not in docker's stats
	MemPerc     string `heading:"MEM %"`
	MemPressure string `heading:"MEM PSI"` // not in docker's stats
	MemUsage    string `heading:"MEM USAGE / LIMIT"`
	Name        string
	NetIO       string `heading:"NET I/O"` // received / sent
	PIDs        string
	Service     string // not in docker's stats
	State       string // not in docker's stats
}

// columns are docker's.
var columns = []string{"ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"}

// pressureColumns are ours.
var pressureColumns = []string{"CPUPressure", "MemPressure", "IOPressure"}

// printer makes text of rows.
type printer struct {
	format   string // docker's: "", table, table TEMPLATE, json, TEMPLATE
	whole    bool   // ids
	pressure bool   // in the table
}

// isTable reports that the columns are ours to choose.
func (p *printer) isTable() bool { return p.format == "" || strings.TrimSpace(p.format) == "table" }

func (p *printer) text(rows []row) (string, error) {
	var b bytes.Buffer
	if p.format == "json" {
		for i := range rows {
			line, err := json.Marshal(rows[i].object(p.whole))
			if err != nil {
				return "", err
			}
			b.Write(line)
			b.WriteByte('\n')
		}
		return b.String(), nil
	}
	all := make([]cells, len(rows))
	for i := range rows {
		all[i] = rows[i].cells(p.whole)
	}
	shown := columns
	if p.pressure && p.isTable() {
		shown = slices.Concat(columns, pressureColumns)
	}
	err := listing.Print(&b, p.format, shown, all)
	return b.String(), err
}

func (r *row) cells(whole bool) cells {
	return cells{
		Container: r.ID, ID: r.id(whole), Name: r.Name, CPUPerc: r.cpuText(), MemUsage: r.memoryText(),
		MemPerc: orUnknown(r.memoryShare(), percent), NetIO: r.netText(), BlockIO: r.blockText(), PIDs: r.pidsText(),
		Service: r.Service, State: r.State,
		CPUPressure: r.pressureText(r.pressure.cpu), MemPressure: r.pressureText(r.pressure.mem), IOPressure: r.pressureText(r.pressure.io),
	}
}

func (r *row) pressureText(p *float64) string {
	if !r.runs() {
		return percent(0)
	}
	return orUnknown(p, percent)
}

// object is a line of JSON: docker's strings, and beside them numbers. What is not known
// is null.
type object struct {
	BlockIO             string // read / written
	BlockReadBytes      *uint64
	BlockWrittenBytes   *uint64
	CPUPerc             string
	CPUPercent          *float64 // 100 is one processor
	CPUPressure         *float64 // percent of the time
	Container           string   // the whole id
	ID                  string   // cut, but for --no-trunc
	IOPressure          *float64 // percent of the time
	MemBytes            *uint64
	MemLimitBytes       *uint64
	MemPerc             string
	MemPercent          *float64 // of the limit
	MemPressure         *float64 // percent of the time
	MemUsage            string
	Name                string
	NetIO               string // received / sent
	NetReceivedBytes    *uint64
	NetSentBytes        *uint64
	PIDCount            *uint64
	PIDs                string
	Service             string
	State               string
	SummedOverProcesses []string // the figures that no cgroup counts: cpu, memory, pids, io
}

func (r *row) object(whole bool) object {
	c := r.cells(whole)
	o := object{
		BlockIO: c.BlockIO, CPUPerc: c.CPUPerc, Container: c.Container, ID: c.ID, MemPerc: c.MemPerc, MemUsage: c.MemUsage,
		Name: c.Name, NetIO: c.NetIO, PIDs: c.PIDs, Service: c.Service, State: c.State,
		CPUPressure: rounded(r.pressure.cpu), MemPressure: rounded(r.pressure.mem), IOPressure: rounded(r.pressure.io),
		CPUPercent: rounded(r.cpu), MemBytes: r.Memory, NetReceivedBytes: r.Received, NetSentBytes: r.Sent,
		BlockReadBytes: r.Read, BlockWrittenBytes: r.Written, PIDCount: r.PIDs, SummedOverProcesses: r.Summed,
	}
	if r.runs() {
		o.MemPercent, o.MemLimitBytes = rounded(r.memoryShare()), &r.MemoryLimit
	}
	if o.SummedOverProcesses == nil {
		o.SummedOverProcesses = []string{}
	}
	return o
}

// rounded has what the text of a percentage has, two decimals.
func rounded(p *float64) *float64 {
	if p == nil {
		return nil
	}
	n := math.Round(*p*100) / 100
	return &n
}
