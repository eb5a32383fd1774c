package userspec

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// FuzzUser: whatever the text and the files, there is no crash, and who gets
// user 0 has asked for it: by nothing, by 0, or by a name to which the files
// give it in their first line of that name.
func FuzzUser(f *testing.F) {
	for _, c := range table {
		f.Add(c.text, passwd, group, "video")
	}
	f.Add("a", "a:x:0:0", "", "")
	f.Add("a:b", "a:x:1:1::/:", "b:x:0:", "b")
	f.Add("a", "a:x:1:1::/:/\na:x:0:0::/:/", "g:x:7:b,a", "7")
	f.Fuzz(func(t *testing.T, text, passwd, group, add string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		var groups []string
		if add != "" {
			groups = append(groups, add)
		}
		u, err := s.Resolve(files{passwd, group}, groups)
		if err != nil {
			if u.UID != 0 || u.GID != 0 || u.Groups != nil || u.Home != "" {
				t.Errorf("%q: an answer with an error: %+v", text, u)
			}
			return
		}
		user, groupText, withGroup := strings.Cut(text, ":")
		if id, err := strconv.ParseUint(user, 10, 32); err == nil && uint32(id) != u.UID {
			t.Errorf("%q became user %d", text, u.UID)
		}
		if id, err := strconv.ParseUint(groupText, 10, 32); err == nil && withGroup && uint32(id) != u.GID {
			t.Errorf("%q became group %d", text, u.GID)
		}
		if u.UID == 0 && user != "" && user != "0" && firstID(passwd, user) != "0" {
			t.Errorf("%q became root by %q", text, passwd)
		}
		if u.GID == 0 && withGroup && groupText != "0" && firstID(group, groupText) != "0" {
			t.Errorf("%q became group root by %q", text, group)
		}
		if u.UID > maxID || u.GID > maxID || slices.ContainsFunc(u.Groups, func(g uint32) bool { return g > maxID }) {
			t.Errorf("%q: an id that means no change: %+v", text, u)
		}
		if !strings.HasPrefix(u.Home, "/") || strings.ContainsAny(u.Home, "\x00\n") {
			t.Errorf("%q: home %q", text, u.Home)
		}
	})
}

// firstID is the third field of the first line with this name that has no NUL.
func firstID(file, name string) string {
	for line := range strings.SplitSeq(file, "\n") {
		f := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if f[0] == name && len(f) > 2 && !strings.Contains(line, "\x00") {
			return f[2]
		}
	}
	return ""
}
