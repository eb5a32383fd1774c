package registrytest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// tokens are those given out.
type tokens struct {
	mu      sync.Mutex
	access  map[string]grant
	refresh map[string]string // token -> user
}

type grant struct {
	scopes map[string]bool // "repository:NAME:pull"
	until  time.Time
}

// Forget makes all tokens invalid that were given out so far.
func (r *Registry) Forget() {
	r.tokens.mu.Lock()
	defer r.tokens.mu.Unlock()
	r.tokens.access = nil
}

// allowed reports that a request may go on; if not, it is answered.
func (r *Registry) allowed(w http.ResponseWriter, req *http.Request) bool {
	w.Header().Set("Docker-Distribution-API-Version", "registry/2.0")
	switch r.options.Auth {
	case Basic:
		user, password, ok := req.BasicAuth()
		switch {
		case !ok || !r.knows(user, password):
			w.Header().Set("WWW-Authenticate", `Basic realm="registrytest"`)
			refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
			return false
		case action(req.Method) == "push" && slices.Contains(r.options.ReadOnly, user):
			refuse(w, http.StatusForbidden, "DENIED", "requested access to the resource is denied")
			return false
		}
	case Token:
		return r.tokenAllows(w, req)
	}
	return true
}

func (r *Registry) knows(user, password string) bool {
	want, ok := r.options.Users[user]
	return ok && want == password
}

func action(method string) string {
	if method == http.MethodGet || method == http.MethodHead {
		return "pull"
	}
	return "push"
}

func (r *Registry) tokenAllows(w http.ResponseWriter, req *http.Request) bool {
	repo, _ := split(req.URL.Path)
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	r.tokens.mu.Lock()
	g, known := r.tokens.access[token]
	r.tokens.mu.Unlock()
	fresh := ok && known && time.Now().Before(g.until)
	from := req.URL.Query().Get("from") // of a mount
	if fresh && (repo == "" || g.scopes["repository:"+repo+":"+action(req.Method)]) && (from == "" || g.scopes["repository:"+from+":pull"]) {
		return true
	}
	challenge := fmt.Sprintf(`Bearer realm="%s/token",service="registrytest"`, r.URL)
	if repo != "" {
		actions := "pull"
		if action(req.Method) == "push" {
			actions = "pull,push"
		}
		challenge += fmt.Sprintf(`,scope="repository:%s:%s`, repo, actions)
		if from != "" {
			challenge += fmt.Sprintf(" repository:%s:pull", from)
		}
		challenge += `"`
	}
	if fresh {
		challenge += `,error="insufficient_scope"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
	return false
}

// giveToken is the token server: the distribution's GET with basic
// authentication, and OAuth2's POST with a password or a refresh token.
func (r *Registry) giveToken(w http.ResponseWriter, req *http.Request) {
	if err := req.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	user, password, named := req.BasicAuth()
	if req.Method == http.MethodPost {
		user, password, named = req.Form.Get("username"), req.Form.Get("password"), true
	}
	ok := named && r.knows(user, password)
	if req.Form.Get("grant_type") == "refresh_token" {
		r.tokens.mu.Lock()
		user, ok = r.tokens.refresh[req.Form.Get("refresh_token")]
		r.tokens.mu.Unlock()
	}
	if !ok && (named || !r.options.Anonymous) {
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "incorrect username or password")
		return
	}
	answer := map[string]any{"expires_in": int(r.lifetime().Seconds())}
	token := r.grant(user, ok, req.Form["scope"])
	answer["token"], answer["access_token"] = token, token
	if req.Form.Get("offline_token") == "true" || req.Form.Get("access_type") == "offline" {
		refresh := "refresh-" + rand.Text()
		r.tokens.mu.Lock()
		if r.tokens.refresh == nil {
			r.tokens.refresh = map[string]string{}
		}
		r.tokens.refresh[refresh] = user
		r.tokens.mu.Unlock()
		answer["refresh_token"] = refresh
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (r *Registry) lifetime() time.Duration {
	if r.options.Lifetime == 0 {
		return time.Hour
	}
	return r.options.Lifetime
}

// grant makes a token for what of scopes the user may do.
func (r *Registry) grant(user string, known bool, scopes []string) string {
	g := grant{scopes: map[string]bool{}, until: time.Now().Add(r.lifetime())}
	for _, s := range strings.Fields(strings.Join(scopes, " ")) {
		i := strings.LastIndexByte(s, ':')
		for a := range strings.SplitSeq(s[i+1:], ",") {
			if a == "pull" || a == "push" && known && !slices.Contains(r.options.ReadOnly, user) {
				g.scopes[s[:i+1]+a] = true
			}
		}
	}
	token := rand.Text()
	r.tokens.mu.Lock()
	defer r.tokens.mu.Unlock()
	if r.tokens.access == nil {
		r.tokens.access = map[string]grant{}
	}
	r.tokens.access[token] = g
	return token
}
