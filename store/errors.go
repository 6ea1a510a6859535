package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/guregu/dynamo/v2"
)

// wrap returns err with the operation that it ended; nil for nil.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", op, err)
}

// failure returns err, of the AWS SDK or of this package, as callers of a Store
// or of Objects see it; nil for nil.
func failure(ctx context.Context, op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrUnavailable), errors.Is(err, ctx.Err()):
		return wrap(op, err)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w: %w", op, ctx.Err(), err)
	case errors.Is(err, dynamo.ErrNotFound):
		return fmt.Errorf("%s: %w", op, ErrNotFound)
	case Passing(err):
		return fmt.Errorf("%s: %w: %w", op, ErrUnavailable, err)
	}
	return wrap(op, err)
}

var transient = retry.IsErrorRetryables(retry.DefaultRetryables)

// Passing says whether an error of the AWS SDK, with its retries spent, is of the
// kind that passes: a throttle, a 5xx, or an answer that did not arrive whole.
func Passing(err error) bool {
	if err == nil {
		return false
	}
	var send *smithyhttp.RequestSendError
	var answer *smithy.DeserializationError
	var quota ratelimit.QuotaExceededError
	return transient.IsErrorRetryable(err) == aws.TrueTernary ||
		errors.As(err, &send) || errors.As(err, &answer) || errors.As(err, &quota)
}
