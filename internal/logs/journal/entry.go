package journal

import (
	"strconv"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// appendEntry appends the entry of a line.
func appendEntry(b, fields []byte, l *logs.Line) []byte {
	priority := "6" // info
	if l.Stream == "stderr" {
		priority = "3" // err
	}
	b = appendField(b, "MESSAGE", l.Text)
	b = appendField(b, "PRIORITY", []byte(priority))
	b = appendField(b, "SYSLOG_TIMESTAMP", l.Time.AppendFormat(nil, time.RFC3339Nano))
	b = appendField(b, "MOCKER_LOG_POSITION", strconv.AppendUint(append([]byte(l.Stream), ' '), l.Position, 10))
	if l.Partial {
		b = appendField(b, "CONTAINER_PARTIAL_MESSAGE", []byte("true"))
	}
	return append(b, fields...)
}
