package mapping

import (
	"errors"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// PhoneNumber is a telephone number as Kinde takes it.
type PhoneNumber struct {
	E164    string // "+61491570156"
	Country string // ISO 3166 alpha-2 in lower case
	// Guessed tells that several countries share the calling code and the number
	// does not say which of them it is: Country is the main one.
	Guessed bool
}

var (
	errPhoneShort   = errors.New("it has too few or too many digits")
	errPhoneLetter  = errors.New("it holds something other than digits")
	errPhoneRounded = errors.New("a spreadsheet has rounded it")
	errPhoneRegion  = errors.New("it has no country calling code")
	errPhoneCode    = errors.New("its country calling code does not exist")
	errPhoneLength  = errors.New("it does not have as many digits as numbers of its country")
	errPhoneCountry = errors.New("it has no country calling code, and what is given as its country is " + noRegion)
)

// noRegion says what a region is that is none.
const noRegion = "not the code of a country, two letters such as GB"

// isRegion tells whether the numbering plan knows a country, in upper case.
func isRegion(region string) bool { return phonenumbers.GetCountryCodeForRegion(region) != 0 }

// ParsePhone brings a number into E.164 and finds its country. region is the
// default for numbers without a calling code, "" for none; plus tells that the
// source leaves out the plus sign.
//
// Parsing a number costs a thousand times what this does for numbers that are
// E.164 already: the numbering plan is asked once per prefix.
func ParsePhone(s, region string, plus bool) (PhoneNumber, error) {
	var buf [24]byte
	b, err := phoneDigits(buf[:0], s)
	if err == errPhoneLetter && isRounded(strings.TrimSpace(s)) {
		err = errPhoneRounded
	}
	if err != nil {
		return PhoneNumber{}, err
	}
	if len(b) == 0 {
		return PhoneNumber{}, errPhoneShort
	}
	if b[0] != '+' {
		switch {
		case plus:
			b = append(b[:0], append([]byte{'+'}, b...)...)
		case len(b) > 2 && b[0] == '0' && b[1] == '0':
			b[1] = '+'
			b = b[1:]
		case region != "":
			return parseNational(s, region)
		default:
			return PhoneNumber{}, errPhoneRegion
		}
	}
	if n := len(b) - 1; n < 7 || n > 15 {
		return PhoneNumber{}, errPhoneShort
	}
	code := callingCode(b[1:])
	if code == 0 {
		return PhoneNumber{}, errPhoneCode
	}
	e164 := s
	if e164 != string(b) {
		e164 = string(b)
	}
	if !possibleLength(code, e164) {
		// A trunk prefix such as (0) may stand in it: only a real parse knows.
		return parseNational(e164, "")
	}
	country, guessed := countryOf(code, e164)
	return PhoneNumber{E164: e164, Country: country, Guessed: guessed}, nil
}

// phoneDigits keeps the digits and a leading plus.
func phoneDigits(b []byte, s string) ([]byte, error) {
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, "tel:")
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			if len(b) > 20 {
				return nil, errPhoneShort
			}
			b = append(b, c)
		case c == '+' && len(b) == 0:
			b = append(b, c)
		case c == '(' && strings.HasPrefix(s[i:], "(0)") && len(b) > 0 && b[0] == '+':
			i += 2
		case c == ' ' || c == '(' || c == ')' || c == '-' || c == '.' || c == '/' || c == '\'':
		case c == 0xC2 && i+1 < len(s) && s[i+1] == 0xA0: // no-break space
			i++
		case c == 0xE2 && i+2 < len(s) && s[i+1] == 0x80: // dashes and thin spaces
			i += 2
		default:
			return nil, errPhoneLetter
		}
	}
	return b, nil
}

func parseNational(s, region string) (PhoneNumber, error) {
	region = strings.ToUpper(region)
	if !isRegion(region) {
		return PhoneNumber{}, errPhoneCountry
	}
	n, err := phonenumbers.Parse(s, region)
	if err != nil {
		return PhoneNumber{}, errPhoneLength
	}
	if !phonenumbers.IsPossibleNumber(n) || n.GetExtension() != "" {
		return PhoneNumber{}, errPhoneLength
	}
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	if len(e164) < 8 || len(e164) > 16 {
		return PhoneNumber{}, errPhoneShort
	}
	country, guessed := countryOf(int(n.GetCountryCode()), e164)
	return PhoneNumber{E164: e164, Country: country, Guessed: guessed}, nil
}

// callingCodes tells for each calling code how many countries share it.
var callingCodes = sync.OnceValue(func() map[int]int {
	out := map[int]int{}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		out[code] = len(phonenumbers.GetRegionCodesForCountryCode(code))
	}
	return out
})

func callingCode(digits []byte) int {
	code := 0
	for i := 0; i < 3 && i < len(digits); i++ {
		code = code*10 + int(digits[i]-'0')
		if _, ok := callingCodes()[code]; ok {
			return code
		}
	}
	return 0
}

// lengths remembers which lengths of numbers a calling code has.
var lengths sync.Map // lengthKey -> bool

type lengthKey struct{ code, digits int }

func possibleLength(code int, e164 string) bool {
	k := lengthKey{code, len(e164)}
	if ok, known := lengths.Load(k); known {
		return ok.(bool)
	}
	n, err := phonenumbers.Parse(e164, "")
	ok := err == nil && phonenumbers.IsPossibleNumber(n) && phonenumbers.Format(n, phonenumbers.E164) == e164
	if err != nil || !ok && phonenumbers.IsPossibleNumber(n) {
		// The digits, not their number, made the difference: nothing to remember.
		return false
	}
	lengths.Store(k, ok)
	return ok
}

// countries remembers the country of a prefix where several share a calling code.
var (
	countries     sync.Map // prefix -> country
	countriesSize sync.Mutex
	countriesLeft = 100_000
)

type country struct {
	id      string
	guessed bool
}

// countryOf returns the country of an E.164 number.
func countryOf(code int, e164 string) (string, bool) {
	cut := 1 + digitsOf(code)
	if callingCodes()[code] > 1 {
		// North America decides by area code, the others by up to six digits.
		cut += 6
		if code == 1 {
			cut = 5
		}
	}
	cut = min(cut, len(e164))
	if c, ok := countries.Load(e164[:cut]); ok {
		return c.(country).id, c.(country).guessed
	}
	c := country{id: strings.ToLower(phonenumbers.GetRegionCodeForCountryCode(code))}
	if callingCodes()[code] > 1 {
		c.guessed = true
		if n, err := phonenumbers.Parse(e164, ""); err == nil {
			if r := phonenumbers.GetRegionCodeForNumber(n); r != "" && r != "ZZ" && r != "001" {
				c = country{id: strings.ToLower(r)}
			}
		}
	}
	if c.id == "001" || c.id == "zz" {
		c.id = ""
	}
	countriesSize.Lock()
	if countriesLeft > 0 {
		countriesLeft--
		countries.Store(strings.Clone(e164[:cut]), c)
	}
	countriesSize.Unlock()
	return c.id, c.guessed
}

func digitsOf(n int) int {
	switch {
	case n < 10:
		return 1
	case n < 100:
		return 2
	}
	return 3
}
