package brand

import "strings"

// common are words that stand in anybody's copy: alone they are nobody's name, and as a verb's form they are not the
// inflection of another word ("number" is not a "numb" more).
var common = set(`
	a about above access account across act action add advice after again against age ago agree all allow almost alone along already also
	always am among an and another answer any anyone anything anyway apart app apply are area around arrive art article as ask at attention
	author available away back bad bag balance base be beautiful became because become been before began begin behind being believe below
	benefit best better between beyond big bit blog blue body bonus book both bottom box brand bring build built business busy but button buy by
	call came can care career cart case cause certain challenge chance change chapter cheap check checklist checkout child choice choose city claim class clean
	clear click client close club coach coaching cold come comfort comment common community company complete confidence confirm confirmation connect contact content
	contract control cook copy corner could country course cover create creative credit cross culture cup customer cut daily dark data date day
	deal dear decide deep deliver delivery design desk details develop did different digital direct disclaimer discount discover do does dog done door
	doubt down download dream drive drop during each early earn ease easy eat edge education effect effort either else email empty end energy
	enjoy enough enter entire especially essential even evening event ever every everyone everything exactly example excited exclusive expect experience expert explore
	extra eye face fact fail fair family far fast favourite favorite feature feel feeling few field fill final finally find fine finish fire first fit five
	fix focus follow food for form forward found four free fresh friend from front full fun future gain game garden gave general get gift
	give given glad go goal going gold gone good got grand great green ground group grow growth guarantee guide had half hand happen happy
	hard has have he head health healthy hear heart held hello help her here hey hi high him his hold home hope hot hour house
	how huge human i idea if image imagine immediate important improve in inbox include income inside inspiration instant instead interest into invite is it
	item its itself job join journey joy just keep key kids kind kitchen know knowledge labor large last late later launch law lead leader learn least
	leave left legal less lesson let letter level library life light like limited line link list listen little live living local logo long look
	lose lost lot love low lunch made magic mail main make man manage many map mark market marketing master material matter may maybe me meal mean
	meet member membership men message method mid might mind minute miss mobile moment money month more morning most mother mothers move much music must
	my name natural near need never new news newsletter next nice night no none nor not note nothing notice now number of off offer office
	often oh old on once one online only open or order other our out outside over own pack page paid pain paper parent parents part partner party
	past path pay payment people perfect perhaps person personal phone photo pick picture piece place plan plant play please plus point policy popular
	possible power practical practice premium prepare present press preview price pricing print privacy private problem process product professional program progress
	project promise proof proud prove public put question quick quickly quiet quite quote rate rather reach read ready real really reason receive recent recipe
	red register regular relax remember reply report request research reserve resource respect rest result results return review rich right rise road room rule run safe
	said sale same save say schedule school search season seat second secret section secure see seem seen sell send sense session set seven
	several shape share she shine ship shipping shop short should show side sign simple simply since single sit six skill skin sleep slow small smart
	smile so social some someone something soon sorry sound space speak special spend spot spring stage stand star start state stay step still
	stop store story strategy strength stress strong studio study stuff style subject subscribe success such summer sun sunday support sure sweet system
	table take talk task teach team tell temper temple ten term terms test testimonial text than thank thanks that the their them then there these they thing
	think third this those though thought three through time tip tips tired to today together told tomorrow tonight too took tool toolkit top total touch
	tour town track trade train training travel treat tried true trust truth try turn twice two type under understand unique unsubscribe until up update
	upon us use used useful user value very video view visit voice wait walk want warm warranty was watch water way we wealth wear web webinar website
	week weekend weekly weight welcome well went were what when where whether which while white who whole whom whose why wide will win winter wisdom wish with within
	without woman women wonder word work workbook workshop world worry worth would write wrong yes yesterday yet you young your yours yourself zero
	monday tuesday wednesday thursday friday saturday january february march april june july august september october november december
	corp inc llc ltd gmbh the preview error oops congratulations congrats sincerely regards warmly cheers founder owner ceo admin info sales`)

// wordNames are first names that are also words: they are names only where a name is written.
var wordNames = set(`will grace mark hope joy faith rose may june april august bill art drew pat sue chase rich frank dawn summer autumn ivy lily ruby
	amber jade pearl crystal daisy hunter mason miles max jack rob nick grant wade dean earl duke victor sandy ginger holly olive violet iris penny gene
	jay robin angel christian noel destiny trinity serenity melody harmony charity mercy patience prudence felicity dot bob ray guy don sky skye star
	sunny candy honey brook brooke cliff glen forest heath clay reed wren bliss blaze brand case chance chip colt curt cash dale dash ed em ben al
	eve genesis heaven joe josh lance lane major marina marshal miller norm page paige peg pierce porter ranger reef river sage skip stone tanner tucker ty woody journey`)

func set(words string) map[string]bool {
	found := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		found[w] = true
	}
	return found
}

// distinct is true for a name that cannot be taken for a stretch of anybody's copy: one with a word that is not
// common, a digit, or a capital inside of a word.
func distinct(name string) bool {
	for _, w := range cut(plain(name)) {
		if !common[w.base] && !wordNames[w.base] && w.base != "&" || strings.ContainsAny(w.text, "0123456789") || inner(w.text) {
			return true
		}
	}
	return false
}

// inner is true for a word with a capital behind a small letter.
func inner(w string) bool {
	small := false
	for _, r := range w {
		if r >= 'A' && r <= 'Z' && small {
			return true
		}
		small = small || r >= 'a' && r <= 'z'
	}
	return false
}
