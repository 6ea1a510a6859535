package openai

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// keyring keeps the API key, and reads it anew when OpenAI refused it.
type keyring struct {
	read func(ctx context.Context) (string, error)
	lock chan struct{} // holds one token while locked; a channel, so that waiting ends with ctx
	key  apiKey        // guarded by lock
}

// apiKey is a key and which reading of it this is, from 1; 0 is none.
type apiKey struct {
	value   string
	reading int
}

// get returns the key, and reads it where there is none or where the one there
// is is the refused one. Of several callers that were refused the same key at
// the same time, one reads it.
func (k *keyring) get(ctx context.Context, refused apiKey) (apiKey, error) {
	select {
	case k.lock <- struct{}{}:
		defer func() { <-k.lock }()
	case <-ctx.Done():
		return apiKey{}, ctx.Err()
	}
	if k.key.reading != refused.reading {
		return k.key, nil
	}
	if k.read == nil {
		return apiKey{}, fmt.Errorf("%w: no key is configured", ErrUnauthorized)
	}
	value, err := k.read(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return apiKey{}, ctx.Err()
		}
		if errors.Is(err, ErrUnavailable) { // whoever keeps the key is not to be reached just now
			return apiKey{}, fmt.Errorf("read key: %w", err)
		}
		return apiKey{}, fmt.Errorf("%w: read key: %w", ErrUnauthorized, err)
	}
	if value, err = cleanKey(value); err != nil {
		return apiKey{}, fmt.Errorf("%w: %w", ErrUnauthorized, err)
	}
	k.key = apiKey{value: value, reading: k.key.reading + 1}
	return k.key, nil
}

// cleanKey drops the line end that secrets often have, and refuses what cannot
// be sent in a header, without saying what it was.
func cleanKey(value string) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return "", errors.New("the key is empty")
	}
	for _, r := range value {
		if r <= ' ' || r > '~' {
			return "", errors.New("the key holds characters that no key has")
		}
	}
	return value, nil
}
