package remedy

import (
	"regexp"
	"strings"
)

// rewording is a text of the library, a regular expression, and what we say instead. It
// is compiled when an error is there: this package is initialised in every process.
type rewording struct{ from, to, hint string }

var rewordings = []rewording{
	{`^error while interpolating (\S+): failed to cast to expected type: invalid boolean: (.*)$`, `$1: "$2" is neither true nor false`, "write true or false"},
	{`^error while interpolating (\S+): failed to cast to expected type: strconv\.\w+: parsing "(.*)": .*$`, `$1: "$2" is not a number`, "write a number"},
	{`^error while interpolating (\S+): failed to cast to expected type: (.*)$`, `$1: $2`, ""},
	{`^(\S+): time: (.*)$`, `$1: $2`, "write a duration with its unit: 10s, 1m30s"},
	{`^(\S+)\.\[(\d+)\]: unexpected type map.*$`, `$1.$2: a mapping is not possible here`, "write - KEY=value, or KEY: value without the dash"},
	{`^(\S+) '(.*)' does not match pattern '.*'$`, `$1: "$2" is not possible`, ""},
	{`^(\S+): invalid command line string$`, `$1: a quote is not closed`, "close it, or write a list of words"},
	{`^(services|networks|volumes|configs|secrets) additional properties '([^']*)'.* not allowed$`, `$1.$2: the name is not possible`, "names have letters, digits, and . _ - between"},
	{`^(services|networks|volumes|configs|secrets) must be a mapping$`, `$1: it must be a mapping`, ""},
	{`^top-level object must be a mapping$`, `this is no compose file: it has no keys at the top`, "a compose file begins with services:"},
	{`^(\S+) items at (\d+) and (\d+) are equal$`, `$1.$3: it stands there twice`, "remove one of them"},
	{`^service ports (\S+)\.\[(\d+)\] is missing a target port$`, `$1.$2: the port of the container is missing`, "write HOST-PORT:PORT, or target: PORT, from 1 to 65535"},
	{`^(\S+): invalid type float64 for port$`, `$1: a number with a point is no port`, ""},
	{`^(\S+): strconv\.\w+: parsing "(.*)": .*$`, `$1: "$2" is not a number`, "write a number"},
	{`^invalid IP address (\S+): address .*$`, `invalid IP address: $1`, ""},
	{`^invalid interpolation format for (\S+?)\.?\s+You may need to escape any \$ with another \$\.\s*(\S.*)$`, `invalid interpolation format for $1: $2`, ""},
	{`^yaml: construct errors?: .*mapping key "(.*)" already defined at line (\d+)$`, `the key "$1" stands there twice, first in line $2`, "remove one of them"},
}

// Reword says a message of the library in plain words; hint is "" if none belongs to them.
func Reword(message string) (text, hint string) {
	for _, r := range rewordings {
		if from := regexp.MustCompile(r.from); from.MatchString(message) {
			return from.ReplaceAllString(message, r.to), r.hint
		}
	}
	return message, ""
}

// Unset is the remedy for what a variable without a value has left.
const Unset = "was a variable not set? Set it, or write a default: ${NAME:-default}"

// Remote reports the address of a file that is elsewhere.
func Remote(path string) bool {
	return strings.Contains(path, "://") || strings.HasPrefix(path, "git@") || strings.HasPrefix(path, "oci:")
}
