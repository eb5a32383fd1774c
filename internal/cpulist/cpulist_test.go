package cpulist

import (
	"fmt"
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "0-3": "0-3", "0,1,2,4": "0-2,4", "4,0-2": "0-2,4", "1,1-1": "1", "8191": "8191", " 1, 2": "1-2",
		"": "", "-1": "", "1-": "", "3-1": "", "a": "", "8192": "", "1;2": "", "+1": "", "0-70000": "", "0,": "",
	} {
		list, err := Parse(text)
		if got := Format(list); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, error %v; want %q", text, got, err, want)
		}
	}
}

// FuzzParse: what is understood is written so that it is understood alike.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0-2,4", "7", "1,1", "0-8191,0-8191"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(Format(list))
		if err != nil || !slices.Equal(list, again) || !slices.IsSorted(list) || len(list) == 0 {
			t.Fatalf("%q: %s, again %v, %v", text, fmt.Sprint(list), again, err)
		}
	})
}
