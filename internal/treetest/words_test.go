package treetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Words that have no place in the tree. Written in two parts, so that this
// file does not hold them.
var badWords = []*regexp.Regexp{
	regexp.MustCompile(`/wor` + `k/(main|shared|\.)`),
	regexp.MustCompile(`\.lib` + `rary\b`),
	regexp.MustCompile(`/tmp/bri` + `ef`),
	regexp.MustCompile(`\bTO` + `DO\b|\bFIX` + `ME\b|\bX` + `XX\b`),
}

func TestWords(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == "bin" {
				return filepath.SkipDir
			}
			return nil
		}
		if info, err := d.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 || d.Name() == ".git" {
			return err // .git is a file in a linked work tree, and names its machine's paths
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		checkWords(t, path, string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Fatalf("only %d files read: the walk is wrong", seen)
	}
}

func checkWords(t *testing.T, path, text string) {
	if strings.IndexByte(text, 0) >= 0 {
		return // not text
	}
	for i, line := range strings.Split(text, "\n") {
		for _, re := range badWords {
			if w := re.FindString(line); w != "" {
				t.Errorf("%s:%d: %q belongs to one machine or is unfinished work", path, i+1, w)
			}
		}
	}
}
