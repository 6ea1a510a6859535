package brand

import "math"

// A space is one that CSS Color 4's color() knows: how a channel becomes linear, and the rows of the matrix from there
// to linear sRGB.
type space struct {
	linear func(float64) float64
	matrix [3][3]float64
}

var (
	fromD65 = [3][3]float64{
		{3.2409699419045226, -1.537383177570094, -0.4986107602930034},
		{-0.9692436362808796, 1.8759675015077202, 0.04155505740717559},
		{0.05563007969699366, -0.20397695888897652, 1.0569715142428786},
	}
	// fromD50 is Bradford's adaptation of D50 to D65 and the matrix of sRGB, in one.
	fromD50 = [3][3]float64{
		{3.1341359569958707, -1.6173863321612538, -0.4906619460083532},
		{-0.978795502912089, 1.916254567259524, 0.03344273116131949},
		{0.07195537988411677, -0.2289768264158322, 1.405386058324125},
	}
)

// spaces are those of color() beside srgb. The matrices are of CSS Color 4's sample code, chapter 19.
var spaces = map[string]space{
	"srgb":        {linear, [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
	"srgb-linear": {same, [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
	"display-p3": {linear, [3][3]float64{
		{1.2249401762805600, -0.2249401762805600, 0}, {-0.0420569547096881, 1.0420569547096881, 0}, {-0.0196375545903344, -0.0786360455506319, 1.0982736001409663},
	}},
	"a98-rgb": {power(563.0 / 256), [3][3]float64{{1.3983557439607783, -0.3983557439607783, 0}, {0, 1, 0}, {0, -0.0429289884539070, 1.0429289884539070}}},
	"rec2020": {power(2.4), [3][3]float64{
		{1.6604910021084345, -0.5876411387885495, -0.0728498633198849}, {-0.1245504745215907, 1.1328998971259603, -0.0083494226043696}, {-0.0181507633549053, -0.1005788980080074, 1.1187296613629127},
	}},
	"prophoto-rgb": {power(1.8), product(fromD50, [3][3]float64{
		{0.7977666449006423, 0.1351812974005331, 0.0313477341283922}, {0.2880748288194013, 0.7118352342418731, 0.0000899369387256}, {0, 0, 0.8251046025104602},
	})},
	"xyz": {same, fromD65}, "xyz-d65": {same, fromD65}, "xyz-d50": {same, fromD50},
}

func same(v float64) float64 { return v }

func power(exponent float64) func(float64) float64 {
	return func(v float64) float64 { return math.Pow(max(v, 0), exponent) }
}

func product(a, b [3][3]float64) (c [3][3]float64) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				c[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return c
}

// rgba takes a colour of the space to sRGB.
func (s space) rgba(v [3]float64, alpha float64) rgba {
	var lin, out [3]float64
	for i := range 3 {
		lin[i] = s.linear(v[i])
	}
	for i, row := range s.matrix {
		out[i] = gamma(row[0]*lin[0] + row[1]*lin[1] + row[2]*lin[2])
	}
	return rgba{out[0], out[1], out[2], alpha}.clamped()
}
