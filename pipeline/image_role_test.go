package pipeline

import (
	"maps"
	"testing"
)

func TestImageRole(t *testing.T) {
	for _, tt := range []struct {
		id            string
		width, height int
		want          ImageRole
	}{
		{"opt_logo_url", 0, 0, RoleLogo},
		{"logo-foot", 120, 37, RoleLogo},
		{"footerLogo2", 0, 0, RoleLogo},
		{"opt_hero_image", 300, 200, RoleHero},
		{"opt_hero_bg", 1600, 900, RoleBackground},
		{"section_background", 0, 0, RoleBackground},
		{"author_photo", 200, 200, RolePortrait},
		{"cta_button_image", 300, 80, RoleAction},
		{"feature_icon_1", 400, 400, RoleIcon},
		{"feature_1", 64, 64, RoleIcon},
		{"feature_1", 1200, 600, RoleHero},
		{"feature_1", 1000, 1000, ""},
		{"feature_1", 640, 480, ""},
		{"feature_1", 0, 0, ""},
		{"biology", 300, 300, ""}, // a word, not a part of one
		{"", 0, 0, ""},
	} {
		if got := imageRole(tt.id, tt.width, tt.height); got != tt.want {
			t.Errorf("%q of %dx%d is %q, want %q", tt.id, tt.width, tt.height, got, tt.want)
		}
	}
}

func TestParseQualities(t *testing.T) {
	got, err := parseQualities("medium, logo=high,background=low")
	want := map[ImageRole]string{"": "medium", RoleLogo: "high", RoleBackground: "low"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for _, wrong := range []string{"", "best", "medium,", "logo=best", "footer=high", "=high", "logo="} {
		if got, err := parseQualities(wrong); err == nil {
			t.Errorf("%q is %v", wrong, got)
		}
	}
}
