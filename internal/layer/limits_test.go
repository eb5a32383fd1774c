package layer

import "testing"

func TestBlobLimits(t *testing.T) {
	for size, want := range map[int64]int64{
		-1: 64 << 30, 0: 8 << 30, 64 << 10: 8<<30 + 200*64<<10, 100 << 20: 8<<30 + 200*100<<20, 1 << 30: 64 << 30, 1 << 62: 64 << 30,
	} {
		if got := BlobLimits(size); got.Bytes != want || got.Entries != DefaultLimits.Entries {
			t.Errorf("%d: %+v, want %d", size, got, want)
		}
	}
}
