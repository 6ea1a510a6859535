package fetch

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// checkURL refuses an address by what it says. Where its host leads is the
// guard's to judge, when it is dialled.
func checkURL(u *url.URL, loopback bool) error {
	here := loopback && isLoopback(u.Hostname())
	switch {
	case u.Scheme == "https", u.Scheme == "http" && here:
	case u.Scheme == "":
		return refuse(ErrAddress, "it is not a whole address: begin it with https://")
	case u.Scheme == "http": // of a redirect
		return refuse(ErrAddress, "http is not fetched: use https")
	default:
		return refuse(ErrAddress, "only https and data: addresses are fetched")
	}
	switch {
	case u.User != nil:
		return refuse(ErrAddress, "it holds a user name or password: use a public address")
	case u.Hostname() == "":
		return refuse(ErrAddress, "it has no host")
	case u.Port() != "" && u.Port() != "443" && !here:
		return refuse(ErrAddress, "only port 443 is fetched from")
	}
	return nil
}

// checkRedirect sees to it that a redirect goes nowhere a first request could
// not go, and takes along nothing of the address before, which may be signed.
func (f *Fetcher) checkRedirect(request *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return refuse(ErrUnavailable, "it redirects more than %d times", maxRedirects)
	}
	err := checkURL(request.URL, f.loopback)
	if err == nil && isLoopback(request.URL.Hostname()) && !isLoopback(via[0].URL.Hostname()) {
		err = refuse(ErrAddress, "that is this machine itself")
	}
	if err != nil {
		return refuse(ErrAddress, "it redirects to %s: %s", safe(request.URL.String()), err)
	}
	request.Header.Del("Referer")
	return nil
}

// isLoopback is true for a host that says by itself that it is this machine.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// A guard dials public hosts only. It looks at each address after the name was
// looked up and before the connection is made, so that no name, notation of a
// number, redirect or second look-up can lead anywhere else.
type guard struct {
	loopback    bool
	public, own net.Dialer
}

func newGuard(loopback bool, resolver *net.Resolver) *guard {
	public := ssrf.New(ssrf.WithPorts(443)) // denies what IANA lists as special, and all IPv6 but global unicast
	return &guard{
		loopback: loopback,
		public:   net.Dialer{Resolver: resolver, Control: translated(public.Safe)},
		own:      net.Dialer{Resolver: resolver, Control: loopbackOnly},
	}
}

// dial connects to address, a host as the request names it and a port.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, err := net.SplitHostPort(address); err == nil && g.loopback && isLoopback(host) {
		return g.own.DialContext(ctx, network, address)
	}
	return g.public.DialContext(ctx, network, address)
}

// nat64 is the well-known prefix (RFC 6052) of IPv4 addresses in an IPv6-only network: its gateway connects to what the
// last four bytes say.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

type control = func(network, address string, conn syscall.RawConn) error

// translated judges an address behind a NAT64 gateway by the IPv4 address that it stands for.
func translated(judge control) control {
	return func(network, address string, conn syscall.RawConn) error {
		if to, err := netip.ParseAddrPort(address); err == nil && network == "tcp6" && to.Addr().Zone() == "" && nat64.Contains(to.Addr()) {
			bytes := to.Addr().As16()
			inner := netip.AddrFrom4([4]byte(bytes[12:]))
			return judge("tcp4", netip.AddrPortFrom(inner, to.Port()).String(), conn)
		}
		return judge(network, address, conn)
	}
}

// loopbackOnly is a net.Dialer's Control.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil || !addr.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%w: %s is not a loopback address", ssrf.ErrProhibitedIP, address)
	}
	return nil
}
