package funnel_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

func FuzzSplit_PiecesJoinedAreTheText(f *testing.F) {
	for _, tag := range placeholders {
		f.Add("Hi " + tag + " you")
	}
	f.Fuzz(func(t *testing.T, text string) {
		if all, _ := funnel.Pieces(text); strings.Join(all, "") != text {
			t.Errorf("pieces of %q: %q", text, all)
		}
	})
}

func FuzzCheck_WhatPassesHasTheSamePlaceholders(f *testing.F) {
	for _, c := range copies {
		f.Add(c[0], c[1])
	}
	for _, tag := range placeholders {
		f.Add("Hi "+tag+" you", "Hello "+tag+" friend")
	}
	f.Fuzz(func(t *testing.T, was, now string) {
		if len(was)+len(now) > 4096 || funnel.Check(was, now) != nil {
			return
		}
		_, before := funnel.Pieces(strings.TrimSpace(was))
		_, after := funnel.Pieces(strings.TrimSpace(now))
		after = slices.DeleteFunc(after, func(s string) bool { return strings.HasPrefix(s, "[") && !slices.Contains(before, s) }) // [Fresh] for [NEW]
		slices.Sort(before)
		slices.Sort(after)
		if !slices.Equal(before, after) {
			t.Errorf("%q → %q passes: %q, %q", was, now, before, after)
		}
	})
}
