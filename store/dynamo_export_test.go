package store

import "encoding/json"

// ThroughDynamo returns a JSON value after it was a native DynamoDB value, and
// whether it has such a form.
func ThroughDynamo(raw json.RawMessage) (json.RawMessage, bool, error) {
	av, err := attributeValue(raw)
	if err != nil {
		return nil, err != errUnfit, err
	}
	back, err := appendJSON(nil, av)
	return back, true, err
}

// FitsNumber is fitsNumber.
var FitsNumber = fitsNumber
