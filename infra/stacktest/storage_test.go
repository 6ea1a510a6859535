package stacktest

import (
	"strings"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/store"
)

func TestStack_ServesImagesAndNothingElse(t *testing.T) {
	s := documented(t)
	buckets := s.all("AWS::S3::Bucket")
	if len(buckets) != 1 {
		t.Fatalf("%d buckets", len(buckets))
	}
	for _, bucket := range buckets {
		p := bucket.Properties
		if !same(p["PublicAccessBlockConfiguration"], map[string]any{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}) {
			t.Errorf("public access: %v", p["PublicAccessBlockConfiguration"])
		}
		if !strings.HasPrefix(bucket.DeletionPolicy, "Retain") {
			t.Errorf("the bucket goes with the stack: %s", bucket.DeletionPolicy)
		}
		for _, rule := range p["LifecycleConfiguration"].(map[string]any)["Rules"].([]any) {
			r := rule.(map[string]any)
			if _, expires := r["ExpirationInDays"]; expires && r["Prefix"] != store.ResponsesPrefix {
				t.Errorf("objects expire that records or funnels refer to: %v", r)
			}
		}
	}
	for _, policy := range s.all("AWS::S3::BucketPolicy") {
		for _, statement := range policy.Properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			r := statement.(map[string]any)
			if r["Effect"] == "Deny" {
				continue
			}
			if got := s.resolve(r["Resource"]); got != "arn:aws:s3:::"+lambdatest.Bucket+"/images/*" || r["Action"] != "s3:GetObject" ||
				!same(r["Principal"], map[string]any{"Service": "cloudfront.amazonaws.com"}) || r["Condition"] == nil {
				t.Errorf("the bucket's policy allows %v", r)
			}
		}
	}
	for _, d := range s.all("AWS::CloudFront::Distribution") {
		config := d.Properties["DistributionConfig"].(map[string]any)
		if origin := config["Origins"].([]any)[0].(map[string]any); origin["OriginAccessControlId"] == nil {
			t.Errorf("CloudFront has no access to the bucket: %v", origin)
		}
		if config["DefaultCacheBehavior"].(map[string]any)["ViewerProtocolPolicy"] != "redirect-to-https" {
			t.Errorf("images are served over http: %v", config)
		}
	}
}
