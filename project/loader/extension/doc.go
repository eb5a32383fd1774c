// Package extension reads x-mocker, the key of a compose file that only we understand:
// docker compose skips it, and reads the same file.
//
// # Model
//
//	table     a row (Key) for everything that may stand below x-mocker: type, allowed
//	          values, default, a sentence for the reference        table.go, ready.go
//	check     what stands there against the table                  check.go
//	convert   the values of a project and of a service             convert.go
//	write     the reference (docs/x-mocker.md) and the JSON schema (docs/x-mocker.schema.json)
//	          from the same table; a test keeps both true          reference.go, schema.go
//
// Everything is checked twice. In each file as it stands ([Node]): so the line is the
// key's own, however files include, extend and override one another, and a service
// that no profile enables is held against the table too. There a value with a variable
// is left alone: what it is, only the file that includes it may know. And in the
// model, after interpolation and merge ([Project], [Service]): what is there is what is
// used, and what excludes each other may have come together only there.
//
// # Invariants
//
//   - No other x-* key is looked at.
//   - A key at the wrong place is refused with the place where it belongs.
//   - What is converted was checked by the same table that the reference is made of.
//
// # Adding a key
//
// A row in table.go, a field in [OfService] or [OfProject], its conversion in convert.go;
// then `go test ./project/loader/extension -update` writes the documents.
package extension
