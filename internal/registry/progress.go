package registry

// Progress is a line of docker's for a layer, or, without one, for the image.
type Progress struct {
	Ref     string // as it was asked for
	Layer   string // the first 12 digits of the blob's digest; "" = the image
	Status  string // docker's words
	Current int64  // bytes, for Downloading and Extracting; compressed ones in both
	Total   int64  // bytes of the layer's blob; 0 if it is not known
}

// What a layer goes through, in docker's words. Retrying is
// "Retrying in N seconds". For the image there are "Pulling from PATH",
// "Digest: sha256:HEX" and "Status: ...".
const (
	PullingLayer     = "Pulling fs layer"
	Waiting          = "Waiting"
	Downloading      = "Downloading"
	DownloadComplete = "Download complete"
	Extracting       = "Extracting"
	PullComplete     = "Pull complete"
	AlreadyExists    = "Already exists"
)
