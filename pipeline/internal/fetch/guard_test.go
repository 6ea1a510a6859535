package fetch_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/full-turner/full-turner/pipeline/internal/fetch"
)

// inside are addresses that no fetch may reach, loopback aside.
var inside = []string{
	"0.0.0.0", "10.0.0.1", "100.64.0.1", "100.127.255.254", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255",
	"192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
	"[::]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[2001::1]", "[2002:a9fe:a9fe::1]",
	"[64:ff9b::a9fe:a9fe]", "[64:ff9b::a00:1]", "[64:ff9b::c0a8:101]", "[64:ff9b::6440:1]", "[64:ff9b:1::a9fe:a9fe]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::ffff:0:a9fe:a9fe]", "[::169.254.169.254]", "[100::1]", "[3fff::1]",
}

var here = []string{"127.0.0.1", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST"}

func TestImage_RefusesAddressesInside(t *testing.T) {
	production, laptop := fetch.New(fetch.Config{}), fetch.New(fetch.Config{AllowLoopback: true})
	for _, host := range inside {
		fails(t, production, "https://"+host+"/latest/meta-data/", fetch.ErrAddress, "not public")
		fails(t, laptop, "https://"+host+"/latest/meta-data/", fetch.ErrAddress, "not public")
		fails(t, laptop, "http://"+host+"/latest/meta-data/", fetch.ErrAddress, "not public")
		fails(t, production, "//"+host+"/latest/meta-data/", fetch.ErrAddress, "not public")
	}
	for _, host := range here {
		fails(t, production, "https://"+host+"/", fetch.ErrAddress, "not public")
		fails(t, production, "http://"+host+"/", fetch.ErrAddress, "not public")
		fails(t, production, "http://"+host+":8080/", fetch.ErrAddress, "only port 443")
		fails(t, production, "https://"+host+":8443/", fetch.ErrAddress, "only port 443")
	}
	// Digits of another script, which become an address only on their way to the dialler.
	fails(t, production, "https://１６９.254.169.254/", fetch.ErrAddress, "not public")
	fails(t, production, "https://127。0。0。1/", fetch.ErrAddress, "not public")
}

func TestImage_RefusesNamesThatLeadInside(t *testing.T) {
	body := pngOf(t, 3, 2)
	var reached atomic.Int64
	address, trusting := serve(t, fetch.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		w.Write(body)
	})
	if _, err := trusting.Image(t.Context(), address); err != nil || reached.Load() != 1 {
		t.Fatalf("the server itself: %v", err)
	}
	for _, to := range []string{"127.0.0.1", "169.254.169.254", "10.1.2.3", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::1", "0.0.0.0"} {
		resolver := resolving(t, to)
		for _, loopback := range []bool{false, true} {
			f := fetch.New(fetch.Config{Resolver: resolver, AllowLoopback: loopback})
			for _, host := range []string{"images.example.com", "0x7f.1", "0x7f000001", "localhost.example.com", "127.0.0.1.nip.example"} {
				fails(t, f, "https://"+host+"/a.png", fetch.ErrAddress, "not public")
			}
		}
	}
	// Numbers in other notations are no names to Go's own resolver, and loopback to the C library's.
	for _, host := range []string{"2130706433", "0177.0.0.1", "127.1", "017700000001", "127.000.000.001"} {
		for _, f := range []*fetch.Fetcher{trusting, fetch.New(fetch.Config{})} {
			if _, err := f.Image(t.Context(), "https://"+host+strings.TrimPrefix(address, "https://127.0.0.1")); err == nil {
				t.Errorf("%s was fetched", host)
			}
			if _, err := f.Image(t.Context(), "https://"+host+"/"); err == nil {
				t.Errorf("%s was fetched", host)
			}
		}
	}
	if reached.Load() != 1 {
		t.Errorf("the server was reached %d times", reached.Load())
	}
}

func TestImage_SaysThatAHostDoesNotExist(t *testing.T) {
	f := fetch.New(fetch.Config{Resolver: resolving(t, "")})
	fails(t, f, "https://no.such.example/a.png", fetch.ErrUnavailable, "its host does not exist")
}

func TestGuard_LetsOnlyThePublicThrough(t *testing.T) {
	for address, ok := range map[string]bool{
		"1.1.1.1:443": true, "93.184.216.34:443": true, "[2606:4700:4700::1111]:443": true,
		"1.1.1.1:80": false, "1.1.1.1:22": false, "1.1.1.1:8443": false, "[2606:4700:4700::1111]:80": false,
		"[64:ff9b::1.1.1.1]:443": true, "[64:ff9b::101:101]:443": true, "[64:ff9b::1.1.1.1]:80": false, "[64:ff9b::10.0.0.1]:443": false, "[64:ff9b::7f00:1]:443": false,
		"[64:ff9b::169.254.169.254]:443": false, "[64:ff9b::1.1.1.1%eth0]:443": false, "[64:ff9b:1::1.1.1.1]:443": false, "[64:ff9b::1:101:101]:443": false,
		"127.0.0.1:443": false, "[::1]:443": false, "[::ffff:1.1.1.1]:443": false, "garbage": false, "": false,
	} {
		network := "tcp4"
		if strings.HasPrefix(address, "[") {
			network = "tcp6"
		}
		if err := fetch.Allowed(network, address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	if fetch.Allowed("udp4", "1.1.1.1:443") == nil {
		t.Error("udp is allowed")
	}
	for address, ok := range map[string]bool{
		"127.0.0.1:9000": true, "127.9.9.9:80": true, "[::1]:1": true, "[::ffff:127.0.0.1]:80": true,
		"1.1.1.1:443": false, "10.0.0.1:443": false, "0.0.0.0:443": false, "[::]:443": false, "": false,
	} {
		if err := fetch.AllowedLoopback("tcp", address); (err == nil) != ok {
			t.Errorf("loopback, %s: %v", address, err)
		}
	}
}

func TestImage_RefusesOtherAddresses(t *testing.T) {
	f := fetch.New(fetch.Config{AllowLoopback: true})
	for address, says := range map[string]string{
		"":                                "begin it with https://",
		"/a.png":                          "begin it with https://",
		"//cdn.example.com:80/a.png":      "only port 443",
		"//":                              "it has no host",
		"//me:pw@example.com/a":           "user name or password",
		"images.example.com/a.png":        "begin it with https://",
		"http://images.example.com:8080/": "only port 443",
		"ftp://example.com/a":             "only https and data:",
		"file:///etc/passwd":              "only https and data:",
		"gopher://127.0.0.1:6379/_x":      "only https and data:",
		"javascript:alert(1)":             "only https and data:",
		"https://":                        "it has no host",
		"https:///a":                      "it has no host",
		"https:example.com":               "it has no host",
		"https://:443/":                   "it has no host",
		"https://me:pw@example.com/a":     "user name or password",
		"https://me@127.0.0.1/a":          "user name or password",
		"https://example.com:80/":         "only port 443",
		"https://example.com:22/":         "only port 443",
		"https://exa mple.com/":           "not a valid address",
		"https://example.com/%zz":         "not a valid address",
		"https://[::1/":                   "not a valid address",
		"https://example.com/\x01":        "not a valid address",
		"https://example.com/" + strings.Repeat("a", 9000): "longer than 8.19 kB",
	} {
		fails(t, f, address, fetch.ErrAddress, says)
	}
}

func TestImage_ChecksEveryRedirect(t *testing.T) {
	var hops atomic.Int64
	body := pngOf(t, 3, 2)
	address, f := serve(t, fetch.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if n := 0; r.URL.Path != "/to" {
			fmt.Sscanf(r.URL.Path, "/%d", &n)
			hops.Add(1)
			if n > 0 {
				http.Redirect(w, r, fmt.Sprint("/", n-1), http.StatusFound)
				return
			}
			w.Write(body)
			return
		}
		w.Header().Set("Location", r.URL.Query().Get("u"))
		w.WriteHeader(http.StatusMovedPermanently)
	})
	if _, err := f.Image(t.Context(), address+"/5"); err != nil {
		t.Errorf("five redirects: %v", err)
	}
	hops.Store(0)
	fails(t, f, address+"/6", fetch.ErrUnavailable, "redirects more than 5 times")
	if hops.Load() != 6 {
		t.Errorf("%d requests", hops.Load())
	}
	for to, says := range map[string]string{
		"http://169.254.169.254/latest?token=secret": "it redirects to http://169.254.169.254/latest: http is not fetched",
		"https://169.254.169.254/latest":             "not public",
		"https://10.0.0.1/":                          "not public",
		"http://example.com/":                        "http is not fetched",
		"https://me:pw@127.0.0.1/?secret":            "it redirects to https://127.0.0.1/: it holds a user name or password",
		"https://example.com:22/":                    "only port 443",
		"file:///etc/passwd":                         "only https",
		"data:image/png;base64,AAAA":                 "only https",
		"ftp://127.0.0.1/":                           "only https",
	} {
		fails(t, f, address+"/to?u="+url.QueryEscape(to), fetch.ErrAddress, says)
	}
	fails(t, f, address+"/to", fetch.ErrUnavailable, "answers 301")
	fails(t, f, address+"/to?u=https%3A%2F%2Fexa%20mple.com%2F%3Fsecret", fetch.ErrUnavailable, "the connection failed")
}

func TestImage_RefusesARedirectFromElsewhereToThisMachine(t *testing.T) {
	f := fetch.New(fetch.Config{AllowLoopback: true})
	request := func(address string) *http.Request {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		to, from string
		ok       bool
	}{
		{"http://127.0.0.1:9000/", "https://example.com/", false},
		{"https://localhost/", "https://example.com/", false},
		{"http://127.0.0.1:9000/", "http://[::1]:9000/", true},
		{"https://example.com/b", "https://example.com/a", true},
		{"https://example.com/b", "http://localhost/a", true},
	} {
		if err := fetch.CheckRedirect(f, request(c.to), []*http.Request{request(c.from)}); (err == nil) != c.ok {
			t.Errorf("from %s to %s: %v", c.from, c.to, err)
		}
	}
}

func TestError_NeverShowsASignature(t *testing.T) {
	const secret = "S3CRET"
	address, laptop := serve(t, fetch.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/redirect" {
			w.Header().Set("Location", "https://exa mple.com/?sig="+secret)
			w.WriteHeader(http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusForbidden)
	})
	for _, f := range []*fetch.Fetcher{laptop, fetch.New(fetch.Config{Resolver: resolving(t, "")})} {
		for _, address := range []string{
			address + "/?X-Amz-Signature=" + secret, address + "/redirect?s=" + secret, address + "/a.png#" + secret,
			"https://me:" + secret + "@example.com/", "https://example.com/%zz?s=" + secret, "https://exa mple.com/?s=" + secret, "https://me:" + secret + "@exa mple.com/",
			"http://example.com/?s=" + secret, "ftp://example.com/?s=" + secret, "https://no.example/?s=" + secret, "https:opaque?s=" + secret, "mailto:" + secret + "@example.com",
			"https://10.0.0.1/?s=" + secret, "data:image/png;base64," + secret, "?s=" + secret, "/a?s=" + secret,
		} {
			_, err := f.Image(context.Background(), address)
			if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(fmt.Sprintf("%+v", err), secret) {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
	_, err := laptop.Image(t.Context(), "https://me:"+secret+"@example.com/"+strings.Repeat("a", 500)+"?x="+secret)
	if got, want := err.Error(), "image https://example.com/"+strings.Repeat("a", 180)+"…: it holds a user name or password: use a public address"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// resolving returns a resolver to which every name has one address, and with ""
// none exists.
func resolving(t testing.TB, to string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		for query := make([]byte, 1500); ; {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			server.WriteTo(dnsAnswer(query[:n], to), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// dnsAnswer answers a DNS query (RFC 1035) for one name.
func dnsAnswer(query []byte, to string) []byte {
	end := 12
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	question := query[12 : end+5]
	kind := binary.BigEndian.Uint16(question[len(question)-4:])
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
	if to == "" {
		answer[3] |= 3 // no such name
		return answer
	}
	addr := netip.MustParseAddr(to)
	if addr.Is4() && kind == 1 || addr.Is6() && kind == 28 {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(addr.BitLen()/8))
		answer = append(answer, addr.AsSlice()...)
	}
	return answer
}
