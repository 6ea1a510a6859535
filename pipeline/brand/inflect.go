package brand

import "strings"

// irregular are verbs whose forms no rule gives, each group one verb.
var irregular = func() map[string][]string {
	groups := map[string][]string{}
	for line := range strings.SplitSeq(`be am is are was were been being|begin began begun|break broke broken|bring brought|build built|buy bought|
		catch caught|choose chose chosen|come came|do does did done|draw drew drawn|drive drove driven|eat ate eaten|fall fell fallen|feel felt|fight fought|
		find found|fly flew flown|forget forgot forgotten|get got gotten|give gave given|go goes went gone|grow grew grown|have has had|hold held|keep kept|know knew known|
		lead led|leave left|lose lost|make made|mean meant|meet met|pay paid|rise rose risen|run ran|say said|see saw seen|sell sold|send sent|shine shone|
		show showed shown|sleep slept|speak spoke spoken|spend spent|stand stood|steal stole stolen|stick stuck|strike struck|take took taken|teach taught|tell told|
		think thought|throw threw thrown|win won|write wrote written|man men|woman women|child children|person people|life lives|leaf leaves`, "|") {
		group := strings.Fields(line)
		for _, w := range group {
			groups[w] = append(groups[w], group...)
		}
	}
	return groups
}()

// adjectives end like a verb's form and are none: "amazing" banned does not ban "amaze".
var adjectives = set(`amazing boring exciting stunning limited interesting outstanding charming daring loving caring willing missing morning evening
	nothing something everything anything during king ring thing wing spring string bring sing need speed seed feed red bed hundred indeed wedding ceiling
	sterling pudding advanced experienced proven unlimited dedicated talented gifted sacred wicked naked breathtaking groundbreaking`)

// inflect returns the forms in which an English word may stand: number, person, tense, comparison. The word itself is
// the first of them. A form that is a common word of another meaning is left out.
func inflect(w string) []string {
	forms := []string{w}
	add := func(all ...string) {
		for _, f := range all {
			if f != w && len(f) > 2 && !common[f] {
				forms = append(forms, f)
			}
		}
	}
	if group := irregular[w]; group != nil {
		forms = append(forms, group...)
	}
	if len(w) < 3 || strings.ContainsAny(w, "0123456789&") || common[w] && len(w) < 4 {
		return forms
	}
	lemmas := []string{w}
	switch {
	case adjectives[w]:
		return forms
	case strings.HasSuffix(w, "ing") && len(w) > 5 && strings.ContainsAny(w[:len(w)-3], "aeiouy"):
		lemmas = append(lemmas, unsuffix(w[:len(w)-3])...)
	case strings.HasSuffix(w, "ied") && len(w) > 4, strings.HasSuffix(w, "ies") && len(w) > 4:
		lemmas = append(lemmas, w[:len(w)-3]+"y")
	case strings.HasSuffix(w, "ed") && len(w) > 4 && strings.ContainsAny(w[:len(w)-2], "aeiouy"): // shred is no past tense
		lemmas = append(lemmas, unsuffix(w[:len(w)-2])...)
	case strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "shes") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "xes"):
		lemmas = append(lemmas, w[:len(w)-2])
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is") && len(w) > 3:
		lemmas = append(lemmas, w[:len(w)-1])
	}
	for i, l := range lemmas {
		if i > 0 {
			add(l)
		}
		if i == 0 && len(lemmas) > 1 {
			continue
		}
		last := l[len(l)-1]
		switch {
		case strings.HasSuffix(l, "e"):
			add(l+"s", l+"d", l[:len(l)-1]+"ing", l+"r", l+"rs", l+"st")
		case last == 'y' && len(l) > 2 && !vowel(l[len(l)-2]):
			add(l[:len(l)-1]+"ies", l[:len(l)-1]+"ied", l+"ing", l[:len(l)-1]+"ier", l[:len(l)-1]+"iest", l[:len(l)-1]+"ily")
		case strings.HasSuffix(l, "s") || strings.HasSuffix(l, "x") || strings.HasSuffix(l, "z") || strings.HasSuffix(l, "sh") || strings.HasSuffix(l, "ch"):
			add(l+"es", l+"ed", l+"ing", l+"er", l+"ers")
		default:
			add(l+"s", l+"es", l+"ed", l+"ing", l+"er", l+"ers", l+"est")
			if len(l) > 2 && !vowel(last) && vowel(l[len(l)-2]) && !vowel(l[len(l)-3]) && last != 'w' {
				d := l + string(last)
				add(d+"ed", d+"ing", d+"er", d+"ers", d+"est")
			}
		}
	}
	return forms
}

// unsuffix returns what a verb may be whose -ed or -ing was cut: hustl is hustle, crushh crush, stopp stop.
func unsuffix(stem string) []string {
	if n := len(stem); n > 2 && stem[n-1] == stem[n-2] && !vowel(stem[n-1]) && stem[n-1] != 's' && stem[n-1] != 'l' {
		return []string{stem[:n-1]}
	}
	if n := len(stem); n > 1 && (stem[n-1] == 'l' || stem[n-1] == 'v' || stem[n-1] == 'c' || stem[n-1] == 'z') {
		return []string{stem, stem + "e"}
	}
	if len(stem) <= 3 {
		return []string{stem, stem + "e"}
	}
	return []string{stem, stem + "e"}
}

func vowel(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }

// endings are what a word of the funnels' other languages takes when it is declined.
var endings = []string{"e", "en", "er", "es", "em", "n", "s", "a", "o", "as", "os", "i", "in", "innen", "ern"}

// decline returns the forms of a word that is not English.
func decline(w string) []string {
	forms := []string{w}
	if len(w) < 4 {
		return forms
	}
	for _, e := range endings {
		forms = append(forms, w+e)
	}
	if last := w[len(w)-1]; last == 'o' || last == 'a' || last == 'e' {
		for _, e := range endings {
			forms = append(forms, w[:len(w)-1]+e)
		}
	}
	return forms
}
