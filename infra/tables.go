package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"github.com/full-turner/full-turner/store"
)

// tables are the three tables, with the keys that package store describes.
type tables struct {
	templates, runs, logs awsdynamodb.Table
}

func newTables(stack awscdk.Stack, s Settings) tables {
	t := tables{
		templates: newTable(stack, s, "Templates", templatesTable, store.AttributeTemplateID, store.AttributeVersion, ""),
		runs:      newTable(stack, s, "Runs", runsTable, store.AttributeRunID, store.AttributeTimestamp, ""),
	}
	t.runs.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName:      jsii.String(store.IndexName),
		PartitionKey:   text(store.AttributeTemplateID),
		SortKey:        text(store.AttributeTimestamp),
		ProjectionType: awsdynamodb.ProjectionType_ALL,
	})
	ttl := ""
	if s.LogTTLDays > 0 {
		ttl = store.AttributeExpiresAt
	}
	t.logs = newTable(stack, s, "Logs", logsTable, store.AttributeRunID, store.AttributeLogType, ttl)
	return t
}

// newTable makes a table that is paid by the request, can be restored to any second of the last 35 days, and is kept
// when the stack goes: it holds what was paid for.
func newTable(stack awscdk.Stack, s Settings, id, name, partition, sort, ttl string) awsdynamodb.Table {
	props := &awsdynamodb.TableProps{
		TableName:                        jsii.String(s.named(name)),
		PartitionKey:                     text(partition),
		SortKey:                          text(sort),
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		DeletionProtection:               jsii.Bool(true),
		RemovalPolicy:                    awscdk.RemovalPolicy_RETAIN,
	}
	if ttl != "" {
		props.TimeToLiveAttribute = jsii.String(ttl)
	}
	return awsdynamodb.NewTable(stack, jsii.String(id), props)
}

func text(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
}
