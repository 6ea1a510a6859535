package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

func FuzzNativeValues(f *testing.F) {
	for _, value := range values {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw := json.RawMessage(s)
		if !json.Valid(raw) {
			return
		}
		back, native, err := store.ThroughDynamo(raw)
		if !native {
			return
		}
		ok(t, err)
		if hugeNumber(s) {
			return // big.Rat would write it out
		}
		sameJSON(t, "value", back, raw)
	})
}

// hugeNumber says whether some number of s may have an exponent of more than
// three digits.
func hugeNumber(s string) bool {
	digits := 0
	exponent := false
	for _, r := range s {
		switch {
		case r == 'e' || r == 'E':
			exponent, digits = true, 0
		case exponent && '0' <= r && r <= '9':
			if digits++; digits > 3 {
				return true
			}
		case r != '+' && r != '-':
			exponent = false
		}
	}
	return false
}

func TestFitsNumber(t *testing.T) {
	for s, want := range map[string]bool{
		"0": true, "-0": true, "0.000": true, "0e125": true, "0e400": false, "1": true, "-1.5E+3": true,
		"1e125": true, "9.9e125": true, "10e125": false, "1e126": false, "0.1e126": true, "1e-130": true, "0.1e-130": false, "1e-131": false,
		strings.Repeat("9", 38): true, strings.Repeat("9", 39): false, "1" + strings.Repeat("0", 125): true, "1" + strings.Repeat("0", 126): false,
		"0." + strings.Repeat("0", 129) + "1": true, "0." + strings.Repeat("0", 130) + "1": false,
		"1." + strings.Repeat("0", 200): true, "1e99999999999999999999": false,
	} {
		if got := store.FitsNumber(s); got != want {
			t.Errorf("%.50s fits: %t, want %t", s, got, want)
		}
	}
}

// checkItemSizes proves that no item is near DynamoDB's limit, and runs small.
func checkItemSizes(t *testing.T, cfg aws.Config, c store.DynamoConfig) {
	t.Helper()
	for table, limit := range map[string]int{c.Templates: 400 << 10, c.Runs: 40 << 10, c.Logs: 400 << 10} {
		for _, item := range items(t, cfg, table) {
			if size := sizeOf(&types.AttributeValueMemberM{Value: item}); size > limit {
				t.Errorf("an item of %s has %d bytes, want at most %d", table, size, limit)
			}
		}
	}
}

// sizeOf is at least the size of a value as DynamoDB counts it.
func sizeOf(av types.AttributeValue) int {
	switch av := av.(type) {
	case *types.AttributeValueMemberS:
		return len(av.Value)
	case *types.AttributeValueMemberN:
		return len(av.Value)/2 + 2
	case *types.AttributeValueMemberL:
		size := 3
		for _, v := range av.Value {
			size += 1 + sizeOf(v)
		}
		return size
	case *types.AttributeValueMemberM:
		size := 3
		for k, v := range av.Value {
			size += 1 + len(k) + sizeOf(v)
		}
		return size
	}
	return 1
}

func TestDynamoAttributes(t *testing.T) {
	cfg := storetest.Dynalite(t)
	c := newTables(t, cfg)
	c.LogTTL = 24 * time.Hour
	s := store.NewDynamo(cfg, c)
	_, err := s.CreateRun(t.Context(), fullRun("r"))
	ok(t, err)
	run := takeRun(t, s, fullRun("r"))
	ok(t, s.AddLog(t.Context(), store.Log{RunID: "r", LogType: "step#x", Timestamp: clock, Attempt: 1, Data: json.RawMessage(`{"a":[1]}`)}))

	item := items(t, cfg, c.Runs)[0]
	for name, want := range map[string]string{
		"runId": "S", "timestamp": "S", "templateId": "S", "status": "S", "input": "M", "output": "M", "cost": "M", "error": "M",
		"models": "M", "imageProcessingResults": "L", "duration": "N", "leaseUntil": "N", "attempt": "N", "updatedAt": "S", "maxCostUsd": "N",
	} {
		if got := strings.TrimPrefix(fmt.Sprintf("%T", item[name]), "*types.AttributeValueMember"); got != want {
			t.Errorf("%s is a %s, want %s", name, got, want)
		}
	}
	if got := item["timestamp"].(*types.AttributeValueMemberS).Value; got != "2026-11-23T11:00:00.123Z" {
		t.Errorf("timestamp %s", got)
	}
	if got := item["leaseUntil"].(*types.AttributeValueMemberN).Value; got != fmt.Sprint(run.LeaseUntil.UnixMilli()) {
		t.Errorf("leaseUntil %s", got)
	}
	if got := item["cost"].(*types.AttributeValueMemberM).Value["total"].(*types.AttributeValueMemberN).Value; got != "123456789.012345678" {
		t.Errorf("cost.total %s", got)
	}
	rows := items(t, cfg, c.Logs)
	for _, row := range rows {
		expires, has := row["expiresAt"].(*types.AttributeValueMemberN)
		switch row["logType"].(*types.AttributeValueMemberS).Value {
		case "run#created":
			if has {
				t.Error("the claim of a run id expires")
			}
		default:
			if !has || expires.Value != fmt.Sprint(clock.Add(24*time.Hour).Unix()) {
				t.Errorf("expiresAt %v", row["expiresAt"])
			}
		}
	}
	if len(rows) != 2 {
		t.Errorf("%d rows, want 2", len(rows))
	}
}
