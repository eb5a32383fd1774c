package dockerfile

import (
	"strings"
	"testing"
)

func TestCheckReadsAllStages(t *testing.T) {
	in := Input{Data: []byte("FROM a AS Unused\nCMD x\nFROM b\nMAINTAINER y\nWORKDIR rel\n")}
	list, err := Check(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range list {
		got = append(got, w.String())
	}
	want := `StageNameCasing: Stage name 'Unused' should be lowercase (line 1)
JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals (line 2)
MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 4)
WorkdirRelativePath: Relative workdir "rel" can have unexpected results if the base image changes (line 5)`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	in.Target = "unused"
	if list, err = Check(t.Context(), in); err != nil || len(list) != 3 { // of the target, and what parsing says
		t.Errorf("%v %v", list, err)
	}
	in.Target = "unuset"
	if _, err = Check(t.Context(), in); err == nil || !strings.Contains(err.Error(), "did you mean unused?") {
		t.Error(err)
	}
}

func TestCheckWithAnError(t *testing.T) {
	list, err := Check(t.Context(), Input{Data: []byte("FROM a As b\nCOPY --from=9 x y\n")})
	if err == nil || !strings.HasPrefix(err.Error(), "Dockerfile:2\n") || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
}

func TestReport(t *testing.T) {
	data := []byte("FROM a\n\n\nCMD one\nCMD [\"two\"]\n# end\n# end\n# end\n")
	list, err := Check(t.Context(), Input{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	Report(&out, "app/Dockerfile", data, list)
	const want = `Check complete, 2 warnings have been found!

WARNING: JSONArgsRecommended - https://docs.docker.com/go/dockerfile/rule/json-args-recommended/
JSON arguments recommended for CMD to prevent unintended behavior related to OS signals

app/Dockerfile:4
--------------------
   2 |     
   3 |     
   4 | >>> CMD one
   5 |     CMD ["two"]
   6 |     # end
--------------------

WARNING: MultipleInstructionsDisallowed - https://docs.docker.com/go/dockerfile/rule/multiple-instructions-disallowed/
Multiple CMD instructions should not be used in the same stage because only the last one will be used

app/Dockerfile:4
--------------------
   2 |     
   3 |     
   4 | >>> CMD one
   5 |     CMD ["two"]
   6 |     # end
--------------------
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	Report(&out, "x", data, nil)
	if out.String() != "Check complete, no warnings found.\n" {
		t.Error(out.String())
	}
}

func TestExcerpt(t *testing.T) {
	data := []byte("1\n2\r\n3\n4\n5\n6\n7\n8\n9")
	for _, c := range []struct {
		first, last int
		shown       string // the lines, "*" before a marked one
	}{
		{1, 1, "*1 2 3"},
		{5, 5, "3 4 *5 6 7"},
		{4, 5, "3 *4 *5 6"},
		{9, 9, "7 8 *9"},
		{9, 20, "7 8 *9"},
	} {
		var got []string
		for line := range strings.Lines(Excerpt(data, c.first, c.last)) {
			if text, ok := strings.CutPrefix(line[min(6, len(line)):], "| "); ok || strings.HasPrefix(line, " ") {
				text = strings.TrimSpace(line[strings.Index(line, "|")+1:])
				got = append(got, strings.ReplaceAll(text, ">>> ", "*"))
			}
		}
		if strings.Join(got, " ") != c.shown {
			t.Errorf("%d to %d: %q, wanted %q\n%s", c.first, c.last, got, c.shown, Excerpt(data, c.first, c.last))
		}
	}
	for _, none := range [][2]int{{0, 0}, {10, 12}, {-1, 3}} {
		if got := Excerpt(data, none[0], none[1]); got != "" {
			t.Errorf("%v: %q", none, got)
		}
	}
	if got := Excerpt([]byte(strings.Repeat("x\n", 5000)), 1, 4000); strings.Count(got, "\n") > 60 {
		t.Errorf("%d lines", strings.Count(got, "\n"))
	}
}
