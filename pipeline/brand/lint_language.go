package brand

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// profiles are words that are frequent in one language and no words of the others, or far less frequent there.
// language counts them.
var profiles = map[string]map[string]bool{
	"en": set(`the and you your of to for with that this is are was be have has it its on from our we they will can what how all not but by
		or when who more get my their there here just out up about into than them her his she he been were do does did an as at if so
		these those which would should could now every each`),
	"de": set(`der die das und ist nicht ein eine einen einem einer eines mit für auf dem den des zu zum zur von im sie wir ihr ihre ihren ihnen ich du dein deine
		deinen deiner dir dich auch aber oder wenn wie was wer sind haben hat wird werden kann noch nur mehr als aus bei nach über vor durch schon jetzt
		hier heute kostenlos kostenlose ohne ganz alles uns unser unsere mein meine sich es sein war bist bin gratis herunterladen sichern anmelden erhalten dass`),
	"fr": set(`un de en se le la les et est une des du pour dans que qui vous votre vos nous notre nos avec sur pas plus ce cette ces au aux sont ou où mais par son ses leur leurs
		ne je tu il elle ils elles être avoir fait tout tous toute toutes comme sans chez bien très aussi dès ici maintenant gratuit gratuite gratuitement
		télécharger téléchargez recevez découvrez obtenez mon ma mes ton ta tes quand votre d'un d'une c'est l'accès à été`),
	"es": set(`el los las una unos unas y que del para con por su sus tu tus nuestro nuestra nuestros es está están son al lo como más pero este esta estos un de se solo mes días año años durante
		estas ese eso cuando donde quien ya hoy aquí muy todo toda todos todas sin sobre entre también hay tiene tienes puede puedes ser hacer ahora gratis descarga
		descargar obtén recibe descubre mi mis te nos le les cada desde hasta usted qué cómo`),
	"it": set(`il lo gli della delle dei degli del nel nella che di e è un una con non si sono tuo tua tuoi tue nostro nostra nostri più questo questa questi
		anche come ma dal dalla al alla ai alle ogni tutto tutti tutte ora oggi qui senza molto puoi hai ha essere fare gratuito gratuita gratis scarica ricevi scopri
		mio mia ci vi ti se quando dove chi cosa perché già solo da`),
	"pt": set(`o os um uma uns umas e que de do da dos das no na nos nas em para com por seu sua seus suas não é são está ao aos à às mais mas como este esta esse essa
		isso quando onde quem já hoje aqui muito tudo todos todas sem sobre também tem você vocês pode ser fazer agora grátis baixe baixar receba descubra meu minha
		nosso nossa nossos te lhe cada até pelo pela`),
	"nl": set(`de het een en van is dat die in op te aan met voor niet zijn er maar om ook als bij uit naar dan nog wel kan je jouw jij u uw wij we ons onze zij hun hem
		haar dit deze wat hoe wie waar meer alle alles door over tot heeft hebben worden wordt gratis nu vandaag hier zonder heel geen mijn download ontvang ontdek jullie`),
}

// tongues are the profiles' languages, in the order in which they are compared.
var tongues = []string{"en", "de", "fr", "es", "it", "pt", "nl"}

// fewest are the words from which a text's language is judged.
const fewest = 5

// language returns the two letters of a text's language, or "" where it is too short or in none of the profiles'.
func language(s *sight) string {
	best, second, most := "", 0, 0
	all := 0
	for _, w := range s.words {
		if !w.link && !w.own {
			all++
		}
	}
	if all < fewest {
		return ""
	}
	for _, tongue := range tongues {
		n := count(s, tongue)
		switch {
		case n > most:
			best, second, most = tongue, most, n
		case n > second:
			second = n
		}
	}
	if most < 2 || most*8 < all || most < second+2 && most*2 < second*3 {
		return ""
	}
	return best
}

// count returns how many words of a text are in a language's profile. Those that are English too ("no", "die", "plus")
// count for none of the others.
func count(s *sight, tongue string) int {
	n := 0
	for _, w := range s.words {
		if !w.link && !w.own && profiles[tongue][w.lower] && (tongue == "en" || !common[w.lower] && !profiles["en"][w.lower]) {
			n++
		}
	}
	return n
}

var languageNames = map[string]string{"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "nl": "Dutch"}

// tryLanguage holds a rewrite to the original's language: by script, by the profiles, and of a short text in plain
// English by whether any of its words is English.
func tryLanguage(_ *Rules, p *pair) ([]string, bool) {
	was, now := script(p.was), script(p.now)
	switch {
	case was == "" && now != "" && now != "Latin" && !strings.ContainsFunc(p.was.text, unicode.IsLetter):
		return []string{"Write it in the language and script of the original."}, true
	case was == "" || now == "":
		return nil, false
	case was != now:
		return []string{"Write it in the language and script of the original."}, true
	case was != "Latin":
		return nil, true
	case p.wasLang != "" && p.nowLang != "":
		if p.wasLang == p.nowLang {
			if other := strays(p); other != "" {
				return []string{fmt.Sprintf("Write all of it in %s: a part of it is in %s.", languageNames[p.wasLang], languageNames[other])}, true
			}
			return nil, true
		}
		return []string{fmt.Sprintf("Write it in %s, as the original is.", languageNames[p.wasLang])}, true
	}
	switch known := knownEnglish(p.was); {
	case p.wasLang == "en" && p.nowLang == "" && len(p.now.words) > 2 && foreign(p.now):
		return []string{"Write it in English, as the original is."}, true
	case p.nowLang == "en" || p.wasLang != "":
	case p.nowLang != "" && known == 0 && englishForm(p.was) && count(p.was, p.nowLang) == 0 && count(p.now, p.nowLang) > 3:
		return []string{"Write it in the language of the original."}, true
	case p.nowLang != "" && known > 0 && len(p.was.words) >= 4 && count(p.was, p.nowLang) == 0,
		len(p.was.words) > 1 && known*3 > len(p.was.words) && foreign(p.now):
		return []string{"Write it in English, as the original is."}, true
	}
	if p.wasLang == "" && p.nowLang == "en" && foreign(p.was) {
		return []string{"Write it in the language of the original."}, true
	}
	return nil, p.wasLang != ""
}

// strays returns the language of a sentence that is in another one than the text, and than any of the original's; or "".
func strays(p *pair) string {
	parts := func(s *sight) (all []*sight) {
		from := 0
		for i := 1; i <= len(s.words); i++ {
			if i == len(s.words) || s.words[i].stop {
				all = append(all, &sight{words: s.words[from:i]})
				from = i
			}
		}
		return all
	}
	for _, part := range parts(p.now) {
		if other := language(part); other != "" && other != p.wasLang && count(part, other) > 2 && count(part, p.wasLang) == 0 &&
			!slices.ContainsFunc(parts(p.was), func(s *sight) bool { return language(s) == other }) {
			return other
		}
	}
	return ""
}

// englishForm is true where a word has an ending that English alone gives it.
func englishForm(s *sight) bool {
	return slices.ContainsFunc(s.words, func(w word) bool {
		return !w.own && !w.link && len(w.lower) > 5 && (strings.HasSuffix(w.lower, "ing") || strings.HasSuffix(w.lower, "ness") || strings.HasSuffix(w.lower, "ful"))
	})
}

// knownEnglish returns how many words of a text are common English ones.
func knownEnglish(s *sight) (known int) {
	for _, w := range s.words {
		if common[w.base] || profiles["en"][w.base] {
			known++
		}
	}
	return known
}

// foreign is true where a text of two words or more has no common English one and some of another language.
func foreign(s *sight) bool {
	other := 0
	for _, w := range s.words {
		if w.own || w.link || len(w.base) < 2 {
			continue
		}
		if len(w.base) > 1 && (common[w.base] || profiles["en"][w.base]) {
			return false
		}
		for _, tongue := range tongues[1:] {
			if profiles[tongue][w.lower] {
				other++
				break
			}
		}
		if strings.ContainsAny(w.lower, "äöüßñãõçêèœ") {
			other++
		}
	}
	return len(s.words) > 1 && other > 0
}

// scripts are those that a text may be in, by the name of Unicode.
var scripts = []string{"Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Devanagari", "Han", "Hangul", "Thai"}

// script returns the script of most of a text's letters outside of addresses and the client's names, "" where there are
// too few.
func script(s *sight) string {
	counts := make(map[string]int)
	all := 0
	for _, w := range s.words {
		if w.link || w.own {
			continue
		}
		for _, r := range w.text {
			switch {
			case !unicode.IsLetter(r):
				continue
			case unicode.In(r, unicode.Hiragana, unicode.Katakana):
				counts["Han"]++
			case r < 0x250:
				counts["Latin"]++
			default:
				for _, name := range scripts {
					if unicode.Is(unicode.Scripts[name], r) {
						counts[name]++
						break
					}
				}
			}
			all++
		}
	}
	for _, name := range scripts {
		if counts[name]*2 > all && all > 3 {
			return name
		}
	}
	return ""
}
