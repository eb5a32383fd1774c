package loader_test

import (
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/schema"

	"github.com/mocker-compose/mocker-compose/project"
)

// schemaKeys are all keys of the compose specification as the support table
// writes them: list items have no component.
func schemaKeys(t *testing.T) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	for _, p := range schema.AttributePaths() {
		keys[strings.ReplaceAll(string(p), ".[]", "")] = true
	}
	if len(keys) < 700 || !keys["services.*.ports.target"] || !keys["services.*.pre_start.image"] {
		t.Fatalf("the schema was not read as expected: %d keys", len(keys))
	}
	return keys
}

// TestTableCoversSchema: each key of the specification has a fate, and each
// row speaks of a key that exists.
func TestTableCoversSchema(t *testing.T) {
	keys := schemaKeys(t)
	for k := range keys {
		if _, ok := project.Lookup(k); !ok {
			t.Errorf("no row for %s", k)
		}
	}
	for _, row := range project.Table() {
		if !keys[strings.TrimSuffix(row.Key, ".**")] {
			t.Errorf("the specification has no %s", row.Key)
		}
	}
}

// TestNewKeyIsNoticed: a key that the specification gains makes the test above
// fail, unless it stands below one that is not honoured as a whole.
func TestNewKeyIsNoticed(t *testing.T) {
	for _, k := range []string{"new", "services.*.new", "services.*.ports.new", "services.*.deploy.new", "networks.*.ipam.new"} {
		if row, ok := project.Lookup(k); ok {
			t.Errorf("%s is covered by %+v", k, row)
		}
	}
	for _, row := range project.Table() {
		if strings.HasSuffix(row.Key, ".**") && row.Fate == project.Honoured {
			t.Errorf("%s would honour keys that nobody has looked at", row.Key)
		}
	}
}
