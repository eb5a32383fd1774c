package contexts

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Files that have no time of their own get that of 1970: what tidies up after another
// fetch must not take them for downloads that were abandoned long ago.
func TestFetchesBesideEachOther(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.URL.Path)
	}))
	defer site.Close()
	k := newKeep(t)
	stop := make(chan struct{})
	var tidies, fetches sync.WaitGroup
	tidies.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := k.tidyAll(unusedFor); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for worker := range 4 {
		fetches.Go(func() {
			for n := range 50 {
				f, err := k.fetch(t.Context(), fmt.Sprintf("%s/%d/%d", site.URL, worker, n), "")
				if err != nil {
					t.Error(err)
					return
				}
				f.Close()
			}
		})
	}
	fetches.Wait()
	close(stop)
	tidies.Wait()
}
