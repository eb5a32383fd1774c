package statscmd

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client/listing"
)

// columns are docker's (docker/cli, formatter_stats.go).
var columns = []listing.Column{
	{"ID", "CONTAINER ID"}, {"Name", "NAME"}, {"CPUPerc", "CPU %"}, {"MemUsage", "MEM USAGE / LIMIT"}, {"MemPerc", "MEM %"},
	{"NetIO", "NET I/O"}, {"BlockIO", "BLOCK I/O"}, {"PIDs", "PIDS"},
}

// pressureColumns are ours.
var pressureColumns = []listing.Column{{"CPUPressure", "CPU PSI"}, {"MemPressure", "MEM PSI"}, {"IOPressure", "IO PSI"}}

// headings are for a "table TEMPLATE".
var headings = map[string]string{"Container": "CONTAINER", "Service": "SERVICE", "State": "STATE"}

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
	cells := make([]map[string]string, len(rows))
	for i := range rows {
		cells[i] = rows[i].cells(p.whole)
	}
	shown, heads := columns, maps.Clone(headings)
	if p.pressure && p.isTable() {
		shown = slices.Concat(columns, pressureColumns)
	}
	for _, c := range slices.Concat(columns, pressureColumns) {
		heads[c[0]] = c[1]
	}
	err := listing.Print(&b, p.format, shown, heads, cells)
	return b.String(), err
}

// cells are the fields for templates.
func (r *row) cells(whole bool) map[string]string {
	return map[string]string{
		"Container": r.ID, "ID": r.id(whole), "Name": r.Name, "CPUPerc": r.cpuText(), "MemUsage": r.memoryText(),
		"MemPerc": orUnknown(r.memoryShare(), percent), "NetIO": r.netText(), "BlockIO": r.blockText(), "PIDs": r.pidsText(),
		"Service": r.Service, "State": r.State,
		"CPUPressure": r.pressureText(r.pressure.cpu), "MemPressure": r.pressureText(r.pressure.mem), "IOPressure": r.pressureText(r.pressure.io),
	}
}

func (r *row) pressureText(p *float64) string {
	if !r.runs() {
		return percent(0)
	}
	return orUnknown(p, percent)
}

// object is a line of JSON: docker's strings, and beside them the numbers.
func (r *row) object(whole bool) map[string]any {
	o := map[string]any{}
	for k, v := range r.cells(whole) {
		o[k] = v
	}
	o["CPUPressure"], o["MemPressure"], o["IOPressure"] = rounded(r.pressure.cpu), rounded(r.pressure.mem), rounded(r.pressure.io)
	o["CPUPercent"], o["MemPercent"] = rounded(r.cpu), rounded(nil)
	o["MemBytes"], o["MemLimitBytes"] = r.Memory, nil
	if r.runs() {
		o["MemPercent"], o["MemLimitBytes"] = rounded(r.memoryShare()), r.MemoryLimit
	}
	o["NetReceivedBytes"], o["NetSentBytes"] = r.Received, r.Sent
	o["BlockReadBytes"], o["BlockWrittenBytes"] = r.Read, r.Written
	o["PIDCount"], o["SummedOverProcesses"] = r.PIDs, r.Summed
	if r.Summed == nil {
		o["SummedOverProcesses"] = []string{}
	}
	return o
}

// rounded has what the text of a percentage has, two decimals.
func rounded(p *float64) any {
	if p == nil {
		return nil
	}
	return math.Round(*p*100) / 100
}
