package loader_test

import (
	"slices"
	"strings"
	"testing"
)

// What a user reads who has not made the .env that the project wants.
func TestUnset(t *testing.T) {
	unset := func(name string) string {
		return `The "` + name + `" variable is not set. Defaulting to a blank string.`
	}
	const begin = "there is no .env; begin one: cp .env.example .env"
	for _, tt := range []struct {
		name  string
		value string
		files []string
		want  []string
	}{
		{"five", "$A $B $C $D $E", nil, []string{unset("A"), unset("B"), unset("C"), unset("D"), unset("E")}},
		{"seven", "$A $B $C $D $E $F $G", nil,
			[]string{`The "A", "B", "C", "D", "E" and 2 more variables are not set. Defaulting to a blank string. (config --variables lists all)`}},
		{"an example", "$A", []string{".env.example", "A=1\n"}, []string{unset("A"), begin}},
		{"an example of other things", "$A", []string{".env.example", "B=1\n"}, []string{unset("A")}},
		{"an example, and .env", "$A", []string{".env.example", "A=1\n", ".env", ""}, []string{unset("A")}},
		{"all set", "$A", []string{".env.example", "A=1\n", ".env", "A=1\n"}, nil},
	} {
		dir := tree(t, slices.Concat([]string{"compose.yaml", head + "    command: x " + tt.value + "\n"}, tt.files)...)
		if got := mustLoad(t, dir).Warnings; !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// An error about a file or a variable that is missing names the example to begin with.
func TestMissingHasExample(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		files      []string
		want       string
	}{
		{"env_file", "    env_file: [db.env]\n", []string{"db.env.sample", ""}, "(make it: cp db.env.sample db.env, or write required: false)"},
		{"a name of two words", "    env_file: ['my db.env']\n", []string{"my db.env.sample", ""}, "(make it: cp 'my db.env.sample' 'my db.env', or write required: false)"},
		{"label_file", "    label_file: [db.labels]\n", []string{"db.labels.dist", ""}, "(make it: cp db.labels.dist db.labels, or remove the line)"},
		{"variable", "    command: x ${NEED:?tell me}\n", []string{"env.example", "NEED=1\n"}, "(there is no .env; begin one: cp env.example .env)"},
		{"variable that the example lacks", "    command: x ${NEED:?tell me}\n", []string{"env.example", "OTHER=1\n"}, "(set it in the environment or in .env: NEED=…)"},
	} {
		dir := tree(t, slices.Concat([]string{"compose.yaml", head + tt.text}, tt.files)...)
		if _, err := load(t, dir); err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant …%s", tt.name, err, tt.want)
		}
	}
}
