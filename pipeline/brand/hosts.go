package brand

import (
	"net/url"
	"regexp"
	"strings"
)

// platforms are hosts that are nobody's own: where funnels, mail, files, forms, shops and calendars live. A host below
// one of them is not its owner's either.
var platforms = set(`filesafe.space leadconnectorhq.com msgsndr.com gohighlevel.com highlevel.com clickfunnels.com myclickfunnels.com cloudfront.net amazonaws.com amazon.com
	googleapis.com google.com googleusercontent.com gstatic.com goo.gl youtube.com youtu.be vimeo.com wistia.com wistia.net loom.com cloudinary.com imgix.net shopify.com myshopify.com
	wixstatic.com wix.com squarespace.com squarespace-cdn.com webflow.io webflow.com website-files.com wordpress.com wp.com wp.org w.org kajabi.com kajabi-cdn.com mykajabi.com teachable.com
	thinkific.com podia.com kartra.com leadpages.net leadpages.co lpages.co unbounce.com instapage.com convertkit.com kit.com ck.page mailchimp.com list-manage.com mailchi.mp activehosted.com
	activecampaign.com hubspot.com hubspotusercontent.net hsforms.com klaviyo.com sendgrid.net constantcontact.com aweber.com getresponse.com drip.com infusionsoft.com keap.com
	calendly.com acuityscheduling.com zoom.us eventbrite.com stripe.com paypal.com gumroad.com samcart.com thrivecart.com typeform.com jotform.com dropbox.com notion.so notion.site airtable.com
	bit.ly tinyurl.com linktr.ee cdnjs.com cloudflare.com jsdelivr.net unpkg.com bootstrapcdn.com fontawesome.com typekit.net unsplash.com pexels.com pixabay.com placehold.co placeholder.com
	gravatar.com github.io github.com netlify.app vercel.app herokuapp.com firebaseapp.com azureedge.net windows.net apple.com spotify.com whatsapp.com wa.me t.me telegram.org slack.com discord.gg discord.com
	w3.org schema.org mozilla.org wikipedia.org medium.com substack.com patreon.com etsy.com trustpilot.com`)

// networks are where profiles are, by host.
var networks = map[string]string{
	"instagram.com": "instagram", "facebook.com": "facebook", "fb.com": "facebook", "fb.me": "facebook", "m.me": "facebook", "twitter.com": "x", "x.com": "x", "linkedin.com": "linkedin", "tiktok.com": "tiktok",
	"youtube.com": "youtube", "pinterest.com": "pinterest", "threads.net": "threads", "threads.com": "threads", "snapchat.com": "snapchat", "bsky.app": "bluesky", "vimeo.com": "vimeo", "twitch.tv": "twitch",
}

// mailHosts give anybody a mailbox.
var mailHosts = set(`gmail.com googlemail.com yahoo.com outlook.com hotmail.com live.com msn.com icloud.com me.com mac.com aol.com proton.me protonmail.com gmx.de gmx.net gmx.com web.de
	t-online.de mail.com zoho.com fastmail.com orange.fr free.fr laposte.net libero.it email.com domain.com yourdomain.com example.com`)

// mailboxes are what no person is called.
var mailboxes = set(`info help support hello contact admin team office sales hi hey mail email billing service services customer customers customerservice care welcome news newsletter noreply no-reply reply
	privacy legal press media jobs careers orders order shop store bookings booking enquiries inquiries inquiry ask feedback members events webmaster postmaster your you name me abuse unsubscribe hallo kontakt bonjour hola ciao`)

// shared is true for a host that is nobody's own.
func shared(host string) bool {
	for host != "" {
		if platforms[host] || mailHosts[host] || networks[host] != "" {
			return true
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return false
}

// network returns the network of an address that is a profile there, or "". A link that shares or starts something is
// none.
func network(link string) string {
	u, err := url.Parse(schemed(link))
	if err != nil {
		return ""
	}
	path := strings.Trim(strings.ToLower(u.Path), "/")
	switch first, _, _ := strings.Cut(path, "/"); first {
	case "", "share", "sharer", "sharer.php", "share.php", "intent", "watch", "embed", "dialog", "login", "home", "hashtag", "p", "reel", "status", "pin", "search", "sharearticle", "playlist", "tr", "plugins", "policies", "legal", "help":
		return ""
	}
	return networks[strings.TrimPrefix(hostOf(link), "www.")]
}

// hostOf returns the host of an address, with or without a scheme, or of an e-mail address, in lower case without a
// port; "" where there is none.
func hostOf(link string) string {
	link = unschemed(link)
	if end := strings.IndexAny(link, "/?#"); end >= 0 {
		link = link[:end]
	}
	if at := strings.LastIndexByte(link, '@'); at >= 0 {
		link = link[at+1:]
	}
	link, _, _ = strings.Cut(link, ":")
	return strings.ToLower(strings.TrimSuffix(link, "."))
}

var scheme = regexp.MustCompile(`^(?i:[a-z][a-z0-9+.\-]*://|//|mailto:|tel:|sms:)`)

// unschemed returns an address without its scheme, www. and a slash at its end.
func unschemed(link string) string {
	link = scheme.ReplaceAllString(strings.TrimSpace(link), "")
	if len(link) > 4 && strings.EqualFold(link[:4], "www.") {
		link = link[4:]
	}
	return strings.TrimSuffix(link, "/")
}

func schemed(link string) string {
	if scheme.MatchString(link) {
		return link
	}
	return "https://" + link
}

// digits returns the digits of a text.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
