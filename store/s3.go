package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// S3 is Objects in an S3 bucket. The caller needs s3:ListBucket on the bucket:
// without it S3 answers 403 instead of 404 for an object that is not there.
type S3 struct {
	client *s3.Client
	bucket string
	base   string
}

// NewS3 returns the objects in a bucket. publicBase is what URLs begin with,
// such as https://images.example.com; "" is the bucket's own address. It makes
// no request.
func NewS3(client *s3.Client, bucket, publicBase string) *S3 {
	if publicBase == "" {
		publicBase = fmt.Sprintf("https://%s.s3.%s.amazonaws.com", bucket, client.Options().Region)
	}
	return &S3{client: client, bucket: bucket, base: strings.TrimSuffix(publicBase, "/")}
}

// Put implements Objects.
func (o *S3) Put(ctx context.Context, key, contentType string, body []byte) error {
	op := "put " + o.Location(key)
	if err := checkObjectKey(key); err != nil {
		return wrap(op, err)
	}
	_, err := o.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:      &o.bucket,
		Key:         &key,
		Body:        bytes.NewReader(body),
		ContentType: aws.String(contentType),
	})
	return failure(ctx, op, err)
}

// Get implements Objects.
func (o *S3) Get(ctx context.Context, key string) ([]byte, error) {
	op := "get " + o.Location(key)
	if err := checkObjectKey(key); err != nil {
		return nil, wrap(op, err)
	}
	answer, err := o.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &o.bucket, Key: &key})
	if err != nil {
		var missing *types.NoSuchKey
		if errors.As(err, &missing) {
			return nil, wrap(op, ErrNotFound)
		}
		return nil, failure(ctx, op, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	switch {
	case err == nil:
		return body, nil
	case ctx.Err() != nil:
		return nil, failure(ctx, op, err)
	}
	return nil, fmt.Errorf("%s: %w: it ended early: %w", op, ErrUnavailable, err)
}

// URL implements Objects.
func (o *S3) URL(key string) string {
	// S3 takes a bare plus sign for a space.
	path := strings.ReplaceAll((&url.URL{Path: key}).EscapedPath(), "+", "%2B")
	return o.base + "/" + path
}

// Location implements Objects.
func (o *S3) Location(key string) string { return "s3://" + o.bucket + "/" + key }
