// Package registrytest is a registry on loopback for tests, honest or hostile.
//
//	r := registrytest.New(t, registrytest.Options{Auth: registrytest.Token, Users: map[string]string{"ann": "secret"}})
//	p := r.Push(t, "team/web:1", img, imagetest.Form{Compression: "zstd"})
//	r.Fault("GET", "/blobs/"+p.Layers[0].Digest, registrytest.Times(2, registrytest.Truncate(1000)))
//
// # Model
//
// Manifests and tags are those of go-containerregistry's registry. Blobs are ours,
// as files: that one has a Range only with both ends, knows no mounts, shows a
// blob in every repository and takes one upload at a time, which would hide what
// clients do wrong. A manifest is taken only if its blobs are in its repository.
//
// In front of both stand, from the outside: the record of all requests, the
// faults in the order in which they were added, authentication, redirects.
//
// # Limits
//
// In no program: internal/treetest sees to that.
package registrytest
