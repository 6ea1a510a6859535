package fetch

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
)

const dataScheme = "data:"

// isData is true for a data: address.
func isData(address string) bool {
	return len(address) >= len(dataScheme) && strings.EqualFold(address[:len(dataScheme)], dataScheme)
}

// decodeData returns what a data: address holds (RFC 2397), at most limit
// bytes. Its media type is not looked at. Base64 may be of either alphabet,
// with white space in it, and without padding.
func decodeData(address string, limit int64) ([]byte, error) {
	head, payload, found := strings.Cut(address[len(dataScheme):], ",")
	if !found {
		return nil, refuse(ErrAddress, "the data: address has no comma, and so no data")
	}
	tooBig := refuse(ErrUnusable, "it has more than %s: make it smaller", bytesText(limit))
	// A byte takes at most three characters, and four thirds of it in base64.
	if int64(len(payload))/4 > limit {
		return nil, tooBig
	}
	parameters := strings.Split(head, ";")
	isBase64 := len(parameters) > 1 && strings.EqualFold(strings.TrimSpace(parameters[len(parameters)-1]), "base64")
	if !isBase64 && strings.EqualFold(strings.TrimSpace(parameters[0]), "image/svg+xml") {
		payload = asWritten(payload)
	} else {
		payload, _, _ = strings.Cut(payload, "#")
	}
	body, err := url.PathUnescape(payload)
	if err != nil {
		return nil, refuse(ErrAddress, "the data: address has a %% that does not stand for a byte")
	}
	if isBase64 {
		decoded, err := base64.RawStdEncoding.DecodeString(plainBase64.Replace(strings.TrimRight(body, "= \t\r\n")))
		if err != nil {
			return nil, refuse(ErrAddress, "the data: address is not valid base64")
		}
		body = string(decoded)
	}
	if int64(len(body)) > limit {
		return nil, tooBig
	}
	return []byte(body), nil
}

// looseMark is a % that does not begin an escape.
var looseMark = regexp.MustCompile(`%(?:[^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)`)

// asWritten escapes what people leave as it is in an SVG's text: the # of colours, and the % of lengths.
func asWritten(text string) string {
	if end := strings.LastIndexAny(text, ">"); end >= 0 {
		text = text[:end+1] // a fragment may follow
	}
	return looseMark.ReplaceAllStringFunc(text, func(mark string) string { return "%25" + mark[1:] })
}

// plainBase64 turns what goes for base64 into the standard alphabet.
var plainBase64 = strings.NewReplacer("-", "+", "_", "/", " ", "", "\t", "", "\r", "", "\n", "")
