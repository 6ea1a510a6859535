package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/full-turner/full-turner/store"
)

// objects are the bucket, and where a browser finds its images.
type objects struct {
	bucket  awss3.IBucket
	baseURL *string
}

// newObjects makes the bucket, private, with CloudFront in front of its images; or takes the one that exists.
func newObjects(stack awscdk.Stack, s Settings) objects {
	if s.BucketName != "" {
		// Who may read a bucket that exists is its owner's business: a policy from here would replace theirs.
		return objects{
			bucket:  awss3.Bucket_FromBucketName(stack, jsii.String("Objects"), jsii.String(s.BucketName)),
			baseURL: jsii.String(s.ImageBaseURL),
		}
	}
	bucket := awss3.NewBucket(stack, jsii.String("Objects"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		// Keys are written once, so versions cost next to nothing; they undo a deletion by hand.
		Versioned: jsii.Bool(true),
		// Images are what published funnels show, outputs are the product, and records refer to what was spilled:
		// these stay. Responses that were too large for an invocation are fetched once.
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:         jsii.String("responses"),
			Prefix:     jsii.String(store.ResponsesPrefix),
			Expiration: awscdk.Duration_Days(jsii.Number(7)),
		}, {
			Id:                                  jsii.String("leftovers"),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
			NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(30)),
			ExpiredObjectDeleteMarker:           jsii.Bool(true),
		}},
	})
	suppress(bucket, "AwsSolutions-S1", "Everybody else comes through CloudFront, and what the function writes is in outputLogs: access logs would say it again, for money.")
	images := newDistribution(stack, s, bucket)
	baseURL := awscdk.Fn_Join(jsii.String(""), &[]*string{jsii.String("https://"), images.DistributionDomainName()})
	if s.ImageBaseURL != "" { // an address of the operator's own, in front of CloudFront
		baseURL = jsii.String(s.ImageBaseURL)
	}
	return objects{bucket: bucket, baseURL: baseURL}
}

// newDistribution puts CloudFront in front of the bucket's images, and of nothing else in it.
func newDistribution(stack awscdk.Stack, s Settings, bucket awss3.Bucket) awscloudfront.Distribution {
	access := awscloudfront.NewS3OriginAccessControl(stack, jsii.String("ImagesAccess"), &awscloudfront.S3OriginAccessControlProps{
		OriginAccessControlName: s.everywhere(stack),
	})
	// The construct that joins bucket and access control would let CloudFront read the whole bucket. So the two are
	// joined here, and the bucket's policy names the images alone.
	d := awscloudfront.NewDistribution(stack, jsii.String("Images"), &awscloudfront.DistributionProps{
		Comment: jsii.String(s.named(functionName) + ": images of rebranded funnels"),
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin:               awscloudfrontorigins.S3BucketOrigin_WithBucketDefaults(bucket, nil),
			ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS,
			AllowedMethods:       awscloudfront.AllowedMethods_ALLOW_GET_HEAD(),
			CachePolicy:          awscloudfront.CachePolicy_CACHING_OPTIMIZED(),
		},
		HttpVersion: awscloudfront.HttpVersion_HTTP2_AND_3,
	})
	d.Node().DefaultChild().(awscloudfront.CfnDistribution).AddPropertyOverride(
		jsii.String("DistributionConfig.Origins.0.OriginAccessControlId"), access.OriginAccessControlId())
	bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("CloudFrontReadsImages"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudfront.amazonaws.com"), nil)},
		Actions:    jsii.Strings("s3:GetObject"),
		Resources:  &[]*string{bucket.ArnForObjects(jsii.String(store.ImagesPrefix + "*"))},
		Conditions: &map[string]any{"StringEquals": map[string]any{"AWS:SourceArn": d.DistributionArn()}},
	}))
	suppress(d, "AwsSolutions-CFR1", "Funnels are shown wherever their visitors are.")
	suppress(d, "AwsSolutions-CFR2", "It serves public images from a cache and runs nothing: there is nothing for a firewall to keep out.")
	suppress(d, "AwsSolutions-CFR3", "Who looks at a published image is not ours to record.")
	suppress(d, "AwsSolutions-CFR4", "CloudFront's own domain name allows no choice of TLS version; an operator with a domain sets imageBaseUrl.")
	suppress(d, "AwsSolutions-CFR7", "It does use the access control; the rule does not see what is joined in the template.")
	return d
}

// secret is the OpenAI key: its name, and the ARN that the function may read.
type secret struct {
	name, arn *string
}

// newSecret makes the secret, or takes the one that exists. A new one holds a random text until the key is put
// there; OpenAI refuses it, and a run says so.
func newSecret(stack awscdk.Stack, s Settings) secret {
	if s.SecretName != "" {
		return existingSecret(stack, "OpenAIKey", s.SecretName)
	}
	made := awssecretsmanager.NewSecret(stack, jsii.String("OpenAIKey"), &awssecretsmanager.SecretProps{
		SecretName:    jsii.String(s.named(secretName)),
		Description:   jsii.String("The OpenAI API key of " + s.named(functionName) + ": the key and nothing else"),
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
	})
	suppress(made, "AwsSolutions-SMG4", "OpenAI makes its keys and has no way to rotate them for us. The function reads a new one by itself.")
	return secret{name: jsii.String(s.named(secretName)), arn: made.SecretArn()}
}

// existingSecret takes a secret that somebody else has made.
func existingSecret(stack awscdk.Stack, id, name string) secret {
	existing := awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String(id), jsii.String(name))
	// Secrets Manager ends an ARN with a dash and six characters that the name does not tell.
	return secret{name: jsii.String(name), arn: jsii.String(*existing.SecretArn() + "-??????")}
}

// newAdminKey is the secret of the admin key, where there is one.
func newAdminKey(stack awscdk.Stack, s Settings) *secret {
	if s.AdminSecretName == "" {
		return nil
	}
	admin := existingSecret(stack, "OpenAIAdminKey", s.AdminSecretName)
	return &admin
}
