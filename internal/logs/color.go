package logs

// palette holds SGR codes (ECMA-48) that can be read on dark and on light.
// Red is left out: it looks like an error.
var palette = []string{"36", "33", "32", "35", "34", "36;1", "33;1", "32;1", "35;1", "34;1"}

const resetColor = "\x1b[0m"

// Color returns the escape sequence that begins the colour of a service, and
// the one that ends it. It is a function of the name alone (FNV-1a), so a
// service looks the same in every command and project.
func Color(service string) (begin, end string) {
	h := uint32(2166136261)
	for i := range len(service) {
		h = (h ^ uint32(service[i])) * 16777619
	}
	return "\x1b[" + palette[(h>>8)%uint32(len(palette))] + "m", resetColor
}
