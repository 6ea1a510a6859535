package funnel_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// placeholders are of real tools, each as it stands in a sentence.
var placeholders = []string{
	"{{contact.first_name}}", "{{ contact.first_name | default: 'you' }}", "{{custom_values.price_1}}", "{{{raw_html}}}", "{{user.name}}", // HighLevel
	"{{ first_name|default:'friend' }}", "{{ person|lookup:'Plan' }}", "{% unsubscribe 'Leave' %}", "{{ event.extra.line_items.0.title }}", // Klaviyo
	"*|FNAME|*", "*|LIST:COMPANY|*", "*|DATE:F d, Y|*", "*|UNSUB|*", // Mailchimp
	"%FIRSTNAME%", "%FIRSTNAME|friend%", "%CONTACT_LASTNAME%", "%SENDER-INFO-SINGLELINE%", "%First Name%", // ActiveCampaign
	"{{ contact.firstname }}", "{{ personalization_token('contact.firstname', 'friend') }}", // HubSpot
	"{{lead.First Name:default=friend}}", "{{my.Event Date}}", "{{system.unsubscribeLink}}", // Marketo
	"%%First Name%%", "%%emailaddr%%", "%%=v(@firstName)=%%", "%%=ProperCase(FirstName)=%%", "%%[ SET @a = 'b' ]%%", // Marketing Cloud
	`<span class="eloquaemail">FirstName</span>`, `<span class=eloquaemail>C_Company</span>`, "~~eloqua..type--emailfield..syntax--FirstName~~", // Eloqua
	"{{${first_name} | default: 'you'}}", "{{custom_attribute.${points}}}", "{{event_properties.${item}}}", // Braze
	"{{#firstName}}", "{{> footer}}", "{{firstName}}", "{{&name}}", // Handlebars
	"~Contact.FirstName~", "~Owner.Email~", // Keap
	"{{ subscriber.first_name }}", "{{ subscriber.first_name | default: \"you\" }}", // ConvertKit, Drip
	"{!firstname_fix}", "{!signature}", "{!name}", "{!date dayname+2}", // AWeber
	"[[firstname]]", "[[custom_city]]", "[[name mode=\"fl\"]]", // GetResponse
	"VAR_FIRST_NAME", "VAR_CUSTOM_1", // Sendlane
	"{$name}", "{$last_name}", "{$unsubscribe}", // MailerLite
	"{{ contact.FIRSTNAME }}", "{{ params.code }}", // Brevo
	"#FIRST_NAME#", "#EMAIL#", "##name##", // ClickFunnels
	"{first_name}", "{last_name|there}", "{g|you}", // Kartra, Systeme.io
	"[contact-form-7 id=\"123\" title=\"Contact\"]", "[gallery ids=\"1,2,3\"]", "[vc_btn title=\"Go\" link=\"url:%23\"]", "[et_pb_divider show=\"off\"]", "[first_name]", "[user:name]", // WordPress
	"[firstname,fallback=friend]", "[First Name]", "[FIRST_NAME]", "[NAME]", "[Your Name]", "[Company Name]", "[Email]",
	"%1$s", "%2$d", "%s", "%d", "%@", "%.2f", "%(name)s", "%1$@", "%ld", // printf
	"%{name}", "%<count>d", "#{name}", "<%= name %>", "<%- name -%>", // Ruby
	"{0}", "{1:C2}", "{0,number}", "{count, number, integer}", "{d, date, short}", // .NET, ICU
	"${x}", "${user.name}", "$first_name", "$FIRST_NAME$", "$$name$$", "$(name)",
	"{{ 'KEY' | translate }}", "{{ $t('greeting') }}", "[[ name ]]", "@{name}", "@@name@@", "@FIRSTNAME@", "@Model.Name", // Angular, Vue, Razor
	"<<First Name>>", "<$name$>", "&lt;name&gt;", "((first name))", "((name))", "__NAME__", "|FNAME|", "-name-", ":first_name", ":name", "[% name %]", "[[*pagetitle]]", "[[+name]]",
	"<?php echo $name; ?>", "<?= $name ?>", "{% assign a = 1 %}", "{# note #}", "{{!-- note --}}", "<#if x>", "{{{{raw}}}}",
}

func TestCheck_HoldsThePlaceholdersOfEveryTool(t *testing.T) {
	const before, after = "Hello ", ", welcome to our lovely club"
	for _, tag := range placeholders {
		original := before + tag + after
		for name, rewrite := range map[string]string{
			"dropped":     "Hello friend, welcome to our lovely new club",
			"doubled":     "Hello " + tag + " and " + tag + ", welcome to our club",
			"end lost":    "Hello " + tag[:len(tag)-1] + ", be welcome in our club",
			"start lost":  "Hello " + tag[1:] + ", be welcome in our club",
			"altered":     "Hello " + altered(tag) + ", be welcome in our club",
			"its name":    "Hello " + strings.Trim(tag, "{}[]<>%*|()~#$@:_ ") + ", be welcome in our club",
			"translated":  "Hello " + strings.NewReplacer("name", "nom", "Name", "Nom", "NAME", "NOM", "s", "x").Replace(tag) + ", be welcome",
			"bracket put": "Hello " + tag + "}, be welcome in our club",
		} {
			if rewrite == original || strings.Contains(rewrite, tag) && name != "doubled" && name != "bracket put" {
				continue
			}
			if funnel.Check(original, rewrite) == nil {
				t.Errorf("%s %s: %q passes", tag, name, rewrite)
			}
		}
		if err := funnel.Check(original, "Be welcome, "+tag+", in our lovely club"); err != nil {
			t.Errorf("%s kept: %v", tag, err)
		}
		if funnel.Check("Hello friend, welcome to our lovely club", "Hello "+tag+", welcome to our club") == nil {
			t.Errorf("%s may be added", tag)
		}
		for _, mixed := range []string{"<p>Hi " + tag + "</p>", "Ciao 🎉 " + tag + "! 10% off", "مرحبا " + tag + " بك"} {
			if funnel.Check(mixed, strings.Replace(mixed, tag, "you", 1)) == nil {
				t.Errorf("%q: %s may be dropped", mixed, tag)
			}
		}
	}
	if len(placeholders) < 80 {
		t.Errorf("%d placeholders", len(placeholders))
	}
}

// altered changes the letter, or else the digit, in the middle of a placeholder.
func altered(tag string) string {
	for _, chars := range []string{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"} {
		if i := strings.LastIndexAny(tag, chars); i >= 0 {
			other := "q"
			if tag[i] < 'A' {
				other = "7"
			} else if tag[i] < 'a' {
				other = "Q"
			}
			return tag[:i] + other + tag[i+1:]
		}
	}
	return tag + "x"
}

// copies are texts with marks of placeholders in them that are prose, and a
// rewrite of each.
var copies = [][2]string{
	{"[FREE TRAINING] How we doubled our sales at Acme", "[COMPLIMENTARY CLASS] How Harbor doubled its sales"},
	{"[Last Chance] The doors close", "[Final Call] The doors are closing"},
	{"[NEW] See the guide", "[FRESH] Look at the guide"}, {"[Update] We moved", "[UPDATED] We have moved"}, {"[PDF] The guide", "The guide [PDF]"},
	{"|SHOP| now", "|BUY| today"}, {"-today- only", "-now- alone"}, {"Only today - really", "Today alone - yes"},
	{"50% off the course", "The course at 50% off"}, {"100% yours", "Yours, 100%"}, {"5% to 10% better", "Better by 5% to 10%"}, {"20% sooner", "Sooner by 20%"}, {"10% discount", "Discount of 10%"}, {"100% satisfaction", "Satisfaction, 100%"}, {"Save 30% for life", "For life, save 30%"},
	{"The #1 choice of mums", "What mums pick: the #1 choice"}, {"Only $97 today", "Today just $97"}, {"Join us @ 9pm", "Be there @ 9pm"}, {"At 10:30 we begin", "We start at 10:30"},
	{"So good :-)", "It is lovely :-)"}, {"Great :)", "Fine :)"}, {"a < b and b > c", "a < b while b > c"}, {"I <3 it", "We <3 this"}, {"Ready? (yes)", "Are you ready? (sure)"}, {"Yes (really)", "Really, yes"},
	{"Tom & Jerry", "Jerry & Tom"}, {"A/B tests", "Tests of A/B"}, {"#blessed with you", "With you, #blessed"}, {"Follow @acme now", "See @acme today"}, {"Read [our Acme story](https://x.example/story) tonight", "Read [the Harbor story](https://x.example/story) tonight"},
	{"Save $10 - $20", "Keep $10 - $20"}, {"3 x faster", "Faster, 3 x"}, {"It's 5 * 3", "Now 5 * 3"}, {"* Bring water", "* Take water"}, {"- One thing\n- Two things", "- First thing\n- Next thing"}, {"~ Ann", "~ Your Ann"}, {"Approx. ~5 hours", "About ~5 hours"},
	{"Time: now", "When: today"}, {"Note: read this", "Mind: look here"}, {"Dr. Ann: hello", "Dr. Ann: welcome"}, {"snake_case words", "words in snake_case"}, {"Well... ok", "Fine... yes"}, {"5 > 3", "3 < 5"}, {"One | two | three words", "Some | of | these words"}, {"Home | Acme", "Start | Harbor"}, {"Free Bag | Built well", "Gratis Bag | Made well"},
	{"\"Quoted\" words", "Words that are \"said\""}, {"[click here]", "[press here]"}, {"See [1] and [2]", "Look at [1] and [2]"}, {"Wait [...] what", "Hm [...] why"}, {"[Watch the replay] It is up", "[See it again] It is online"}, {"[Case Study] How Ann won", "[True Story] How Ann did it"},
	{"(Limited spots)", "(Few spots)"}, {"((really))? no", "((really))? hardly"}, {"$$$ for you", "For you $$$"}, {"Cash is $ and time", "Time and $ are cash"}, {"C# and F# for you", "For you: C# and F#"}, {"Yes!!! now", "Now yes!!!"}, {"e-mail me", "send me e-mail"}, {"mother-to-be", "you who will be a mother"}, {"well-known up-to-date", "up-to-date and famous"},
	{"Rock & Roll @ home", "Roll & rock @ home"}, {"1) Open it", "1) Do open it"}, {"a) Open it", "a) Do open it"}, {"5-star care", "Care of 5-star kind"}, {"24/7 help", "Help 24/7"}, {"half-price", "half the price"}, {"one of the best", "among the best"}, {"At first it hurts", "It hurts in the beginning"}, {"No one is alone", "Nobody is alone"}, {"First, open it", "Open it to begin"}, {"two of us", "both of us"}, {"2 gifts", "two gifts"}, {"One day you will", "You will, some day"}, {"On second thought", "Thinking again"}, {"Get 3 bonuses", "Get three bonuses"},
}

func TestCheck_LeavesProseFree(t *testing.T) {
	for _, c := range copies {
		if err := funnel.Check(c[0], c[1]); err != nil {
			t.Errorf("%q → %q: %v", c[0], c[1], err)
		}
	}
	if len(copies) < 60 {
		t.Errorf("%d texts", len(copies))
	}
}

const divi = `[et_pb_text admin_label="Text" background_layout="light" text_orientation="left" text_font="Serif|on|||" text_font_size="50px" text_font_size_tablet="40px" text_font_size_last_edited="on|phone" text_line_height_tablet="1em" use_border_color="off" border_style="solid" disabled="off"]`

func TestCheck_BlocksFramesAndAttributes(t *testing.T) {
	for _, c := range []struct {
		was, now string
		rule     string // "" where it may stand
	}{
		{`{{IF "(city IS_DEFINED)"}}Visit us in your city!{{ENDIF}} Order today.`, `{{ENDIF}}Come and see us!{{IF "(city IS_DEFINED)"}} Order now.`, "structure.order"},
		{`{{IF "(city IS_DEFINED)"}}Visit us!{{ENDIF}} Order today.`, `{{IF "(city IS_DEFINED)"}}Come by!{{ENDIF}} Order now.`, ""},
		{`{{IF "(city IS_DEFINED)"}}Visit us!{{ENDIF}} Order today.`, `{{IF "(city IS_DEFINED)"}}{{ENDIF}} Visit us and order now.`, "structure.nesting"},
		{"%IF in_array('vip', tags)%You get the VIP seat.%/IF% See you there.", "You get the VIP seat. See you there.", "structure.placeholder"},
		{"%IF in_array('vip', tags)%You get the VIP seat.%/IF% See you there.", "%/IF%You have the VIP seat.%IF in_array('vip', tags)% See you.", "structure.order"},
		{"%IF $A = 1%You win.%ELSE%Try it.%/IF%", "%IF $A = 1%You won.%ELSE%Have a try.%/IF%", ""},
		{"%IF $A = 1%You win.%ELSE%Try it.%/IF%", "%IF $A = 1%%ELSE%Have a try, you win.%/IF%", "structure.nesting"},
		{"[if vip]You are in[else]Wait[/if]", "[else]You are in[if vip]Wait[/if]", "structure.order"},
		{"*|IF:X|*Hi friend*|ELSE:|*Hi there*|END:IF|*", "*|ELSE:|*Hi friend*|IF:X|*Hi there*|END:IF|*", "structure.order"},
		{"<% if x %>Hello<% else %>Bye<% end %>", "<% else %>Hello<% if x %>Bye<% end %>", "structure.order"},
		{"%%[ IF @x == 1 THEN ]%%Hello%%[ ENDIF ]%% you", "%%[ ENDIF ]%%Hi%%[ IF @x == 1 THEN ]%% you", "structure.order"},
		{"{{if .X}}Hello{{else}}Bye{{end}}", "{{else}}Hi{{if .X}}Bye{{end}}", "structure.order"},
		{"{{#if x}}Hi {{name}}{{/if}} welcome", "{{#if x}}Hi you{{/if}} welcome {{name}}", "structure.nesting"},
		{"{{#each items}}A {{name}}{{/each}} for you", "{{#each items}}The {{name}}{{/each}} is yours", ""},
		{"[highlight]Save today[/highlight] with us", "[/highlight]Save now[highlight] with us", "structure.order"},
		{"[highlight]Save today[/highlight] with us", "[highlight]Save now[/highlight] with the team", ""},
		{"[highlight]Save today[/highlight] with us", "Save now [highlight][/highlight] with us", "structure.nesting"},
		{"[highlight]Save today[/highlight]", "Save [highlight]now[/highlight]", "structure.nesting"},
		{divi + "<p>Our story</p>[/et_pb_text]", strings.Replace(divi, "50px", "40px", 1) + "<p>How we began</p>[/et_pb_text]", "structure.placeholder"},
		{divi + "<p>Our story</p>[/et_pb_text]", divi + "<p>How we began</p>[/et_pb_text]", ""},
		{"{count, plural, one {# seat} other {# seats}} left", "{count, plural, one {# place} other {# places}} remain", ""},
		{"{count, plural, one {# seat} other {# seats}} left", "{count, plural, one {# place} many {# places}} remain", "structure.placeholder"},
		{"{count, plural, one {# seat} other {# seats}} left", "{count, plural, one {a place} other {# places}} remain", "structure.placeholder"},
		{"{count, plural, one {# seat} other {# seats}} left", "{count, plural, one {# place} other {# places} remain", "structure.placeholder"},
		{"{g, select, male {He is in} female {She is in} other {They are in}}", "{g, select, male {He comes} female {She comes} other {They come}}", ""},
		{"{g, select, male {He is in} female {She is in} other {They are in}}", "{g, select, männlich {He comes} female {She comes} other {They come}}", "structure.placeholder"},
		{"{n, plural, =0 {No seats for {name}} other {# seats for {name}}}", "{n, plural, =0 {No place for {name}} other {# places for {name}}}", ""},
		{"{n, plural, =0 {No seats for {name}} other {# seats for {name}}}", "{n, plural, =0 {No place} other {# places for {name} {name}}}", "structure.nesting"},
		{"{Grab {your|the} free seat|Join us} today", "{Take {your|the} free seat|Join us today", "structure.placeholder"},
		{"{Grab {your|the} free seat|Join us} today", "{Take {your|one} open seat|Come along} now", ""},
		{"{Grab {your|the} free seat|Join us} today", "{Take {your|one|the} open seat|Come along} now", "structure.placeholder"},
		{"{Sleep better with Acme|Acme helps you rest}", "{Rest well with Harbor|Harbor helps you sleep}", ""},
		{"{Sleep better with Acme|Acme helps you rest}", "Rest well with Harbor", "structure.placeholder"},
		{"{Hi|Hello} {first_name|friend}, look", "{Hey|Welcome} {first_name|friend}, see", ""},
		{"{Hi|Hello} {first_name|friend}, look", "{Hey|Welcome} {first_name|mate}, see", "structure.placeholder"},
		{"Use braces } here", "Use braces here", "structure.placeholder"},
		{"Use braces here", "Use braces } here", "structure.placeholder"},
		{"Read [our story](https://x.example/story)", "Read our story", "structure.placeholder"},
		{"Read [our story](https://x.example/story)", "Read [our story](https://x.example/other)", "structure.placeholder"},
		{"Hello you", "Hello [Your Name]", "structure.placeholder"},
		{"<p>Hi <span class=\"eloquaemail\">FirstName</span>, welcome</p>", "<p>Hello <span class=\"eloquaemail\">friend</span>, good to see you</p>", "structure.placeholder"},
		{"<p>Hi <span class=\"eloquaemail\">FirstName</span>, welcome</p>", "<p>Hello <span class=\"eloquaemail\">FirstName</span>, good to see you</p>", ""},
		{"<p>Hi <span class=\"c\">you</span></p>", "<p>Hello <span class=\"c\">friend</span></p>", ""},
		{"<!--[if mso]><center>Join Acme now</center><![endif]--><a href=\"https://x.example\">Join Acme now</a>", "<!--[if mso]><center>Join Harbor today</center><![endif]--><a href=\"https://x.example\">Join Harbor today</a>", ""},
		{"<!--[if mso]><center>Join Acme now</center><![endif]--><a href=\"https://x.example\">Join Acme now</a>", "<!--[if mso]><center>Join Acme now</center><![endif]--><a href=\"https://x.example\">Join Harbor today</a>", "structure.outlook"},
		{"<!--[if mso]><center>Join Acme now</center><![endif]--><a href=\"https://x.example\">Join Acme now</a>", "<a href=\"https://x.example\">Join Harbor today</a>", "structure.tag"},
		{`<input type="submit" value="Join Acme now">`, `<input type="submit" value="Join Harbor today">`, ""},
		{`<input type="submit" value="Join Acme now">`, `<input type="button" value="Join Harbor today">`, "structure.tag"},
		{`<input type="hidden" value="Join Acme now"> Hello`, `<input type="hidden" value="Join Harbor"> Hello`, "structure.tag"},
		{`<img src="a.png" alt="The Acme team">`, `<img src="a.png" alt="The Harbor team">`, ""},
		{`<img src="a.png" alt="The Acme team">`, `<img src="b.png" alt="The Harbor team">`, "structure.tag"},
		{`<img src="a.png" alt="The {{brand}} team">`, `<img src="a.png" alt="The Harbor team">`, "structure.placeholder"},
		{`<img src="a.png" alt="The Acme team">`, `<img src="a.png" alt="" onerror="x()">`, "structure.tag"},
		{`<img src="a.png" alt="The Acme team">`, `<img src="a.png" alt="<b>Harbor</b> team">`, "structure.tag"},
		{"<style>.h{color:#111}</style><h2 class=\"h\">Acme is the easy way to sleep</h2>", "<style>.h{color:#111}</style><h2 class=\"h\">Harbor helps you sleep</h2>", ""},
		{"<style>.h{color:#111}</style><h2 class=\"h\">Acme is the easy way to sleep</h2>", "<style>.h{color:#222}</style><h2 class=\"h\">Harbor helps you sleep</h2>", "structure.tag"},
		{"<script>if (a<b) {f(\"</p>\")}</script><p>Hello</p>", "<script>if (a<b) {g(\"</p>\")}</script><p>Hi you</p>", "structure.tag"},
		{"Hi Sam,\n\nThe doors are open.\n\nSee you inside,\nAnn", "Hi Sam, the doors are open. See you inside, Ann", "structure.paragraphs"},
		{"Hi Sam,\n\nThe doors are open.\n\nSee you inside,\nAnn", "Dear Sam,\n\nWe are open.\n\nUntil then,\nAnn", ""},
		{"Get the full course for $97 today", "Get the whole course for $79 today", "fact.price"},
		{"30-day money-back guarantee, no questions asked", "60-day money-back promise, no questions asked", "fact.duration"},
		{"Questions? Write to help@acme.example or visit acme.example", "Questions? Write to hello@harbor.example or visit harbor.example", "structure.link"},
	} {
		findings := funnel.Rules{}.Check(c.was, funnel.Fit(c.was, c.now))
		rules := ""
		for _, f := range findings {
			rules += f.Rule + " "
		}
		if c.rule == "" && rules != "" || !strings.Contains(rules, c.rule) {
			t.Errorf("%q → %q: %v, want %q", c.was, c.now, findings, c.rule)
		}
	}
}

func TestRules_HoldTheOperatorsOwnPlaceholders(t *testing.T) {
	r := funnel.Rules{Placeholders: []*regexp.Regexp{regexp.MustCompile(`§\w+§`)}}
	if r.Check("Hi §name§, welcome", "Hi you, welcome") == nil {
		t.Error("dropped")
	}
	if f := r.Check("Hi §name§, welcome", "Welcome, §name§"); f != nil {
		t.Error(f)
	}
	if f := (funnel.Rules{}).Check("Hi §name§, welcome", "Hi you, welcome"); f != nil {
		t.Error(f)
	}
}
