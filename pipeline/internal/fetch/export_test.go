package fetch

// For the tests: the guard's judgement of a network and a numeric address,
// without a connection, and that of a redirect.

func Allowed(network, address string) error {
	return newGuard(false, nil).public.Control(network, address, nil)
}

func AllowedLoopback(network, address string) error {
	return newGuard(true, nil).own.Control(network, address, nil)
}

var CheckRedirect = (*Fetcher).checkRedirect
