package registry

import (
	"net/http"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// TestExplain: the registry's own code is not said twice.
func TestExplain(t *testing.T) {
	name, err := imageref.Parse("localhost:5000/team/web:1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status     int
		code       transport.ErrorCode
		text, want string
	}{
		{http.StatusUnauthorized, transport.UnauthorizedErrorCode, "authentication required", "localhost:5000/team/web:1: unauthorized: authentication required: log in: mocker-compose login localhost:5000"},
		{http.StatusUnauthorized, "", "", "localhost:5000/team/web:1: unauthorized: log in: mocker-compose login localhost:5000"},
		{http.StatusTooManyRequests, transport.TooManyRequestsErrorCode, "slow down", "localhost:5000/team/web:1: toomanyrequests: slow down: localhost:5000 allows no more for now; who has logged in (mocker-compose login localhost:5000) has a limit of their own"},
		{http.StatusTooManyRequests, "", "", "localhost:5000/team/web:1: toomanyrequests: too many requests: localhost:5000 allows no more for now; who has logged in (mocker-compose login localhost:5000) has a limit of their own"},
	} {
		answer := &transport.Error{StatusCode: c.status}
		if c.code != "" {
			answer.Errors = []transport.Diagnostic{{Code: c.code, Message: c.text}}
		}
		if got := explain(name, answer).Error(); got != c.want {
			t.Errorf("%d %s:\n%s\nwant\n%s", c.status, c.code, got, c.want)
		}
	}
}
