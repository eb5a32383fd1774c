package why

import (
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// A command to copy is one command, whatever directory a file binds; a probe that a file
// names moves no cursor.
func TestHostileFile(t *testing.T) {
	w := world(func(f *Facts, db *record.Replica) {
		bound(f, Bind{Source: "/s; rm -rf ~ $(x)", Target: "/data", Owner: "ann"})
		exits(1, "open /data/x: permission denied")(f, db)
	})
	if text := Explain(w, "db")[0].Text(time.UTC); !strings.Contains(text, "unshare chown -R 0:0 '/s; rm -rf ~ $(x)'\n") && !strings.Contains(text, "chmod -R u+rwX '/s; rm -rf ~ $(x)'") {
		t.Error(text)
	}
	w = world(func(_ *Facts, db *record.Replica) {
		db.Service.Ready = &project.Ready{Log: "x"}
		db.Health = policy.Health{Status: policy.Probing, Streak: 3, Output: "refused", Probe: "log \x1b]0;evil\x07 \u009b31m"}
	})
	if text := Explain(w, "db")[0].Text(time.UTC); strings.ContainsAny(text, "\x1b\x07\u009b") || !strings.Contains(text, "log ") {
		t.Errorf("%q", text)
	}
}
