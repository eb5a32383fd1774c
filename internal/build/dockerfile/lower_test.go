package dockerfile

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

func TestSmoke(t *testing.T) {
	g, err := Lower(t.Context(), Input{Data: []byte("FROM alpine AS a\nARG X=1\nRUN echo $X\nFROM b\nCOPY --from=a /x .\nCMD x\nENTRYPOINT [\"y\"]\nEXPOSE 80-82\n"), Images: func(_ context.Context, ref, p string) (*build.Image, error) { return unknownImage(ref, p), nil }})
	if err != nil {
		t.Fatal(err)
	}
	out, _ := json.MarshalIndent(g, "", " ")
	t.Log(string(out))
	_, err = Lower(t.Context(), Input{Data: []byte("FROM alpine AS a\nARG X=1\nRUNN echo $X\nFROM b\nCOPY --from=a /x .\n"), Images: func(_ context.Context, ref, p string) (*build.Image, error) { return unknownImage(ref, p), nil }})
	t.Log(err)
}
