// Package imagetest makes small images for tests, in the formats that `docker
// save`, skopeo and buildah write, byte by byte and without a library: what
// reads images is tested against something else than itself.
//
//	img := imagetest.Image{
//		Names:  []string{"web:1"},
//		Config: imagetest.Config{Cmd: []string{"httpd", "-f"}},
//		Layers: [][]imagetest.File{imagetest.Busybox(t), {{Name: "srv/index.html", Text: "hi"}}},
//	}
//	img.WriteDockerArchive(t, filepath.Join(dir, "web.tar"))
//
// Layers are plain tars, the base first. The same image has the same bytes, and
// so the same id, each time. In a layer ".wh.NAME" removes NAME of the layers
// below, ".wh..wh..opq" all of a directory (OCI image spec, layer.md).
package imagetest
