package mapping

import (
	"fmt"
	"testing"
)

// TestPhoneNumbers brings numbers into E.164, or says why not.
func TestPhoneNumbers(t *testing.T) {
	for _, tt := range []struct {
		in     string
		region string
		plus   bool
		want   string
	}{
		{"", "", false, "it has too few or too many digits"},
		{" ", "", false, "it has too few or too many digits"},
		{"+", "", false, "it has too few or too many digits"},
		{"call me", "", false, "it holds something other than digits"},
		{"1.0420E+20", "", false, "a spreadsheet has rounded it"},
		{"6.14916E+10", "", false, "a spreadsheet has rounded it"},
		{"+61491570156", "", false, "{+61491570156 au false}"},
		{"61491570156", "", false, "it has no country calling code"},
		{"61491570156", "", true, "{+61491570156 au false}"},
		{"0491570156", "XX", false,
			"it has no country calling code, and what is given as its country is not the code of a country, two letters such as GB"},
		{"0491570156", "AUSTRALIA", false,
			"it has no country calling code, and what is given as its country is not the code of a country, two letters such as GB"},
		{"0491570156", "AU", false, "{+61491570156 au false}"},
		{"0491570156", "", false, "it has no country calling code"},
		{"0061491570156", "", false, "{+61491570156 au false}"},
		{"00", "", false, "it has no country calling code"},
		{"00", "AU", false, "it does not have as many digits as numbers of its country"},
		{"tel:+61491570156", "", false, "{+61491570156 au false}"},
		{"+61 (0)491570156", "", false, "{+61491570156 au false}"},
		{"(0)491570156", "AU", false, "{+61491570156 au false}"},
		{"+61'491/570.156", "", false, "{+61491570156 au false}"},
		{"+61\u00a0491\u00a0570156", "", false, "{+61491570156 au false}"},
		{"+61\u2011491\u2011570156", "", false, "{+61491570156 au false}"},
		{"+61\xc2", "", false, "it holds something other than digits"},
		{"+61\xe2\x80", "", false, "it holds something other than digits"},
		{"+61491570156\xc2\xa1", "", false, "it holds something other than digits"},
		{"+61491570156\xe2\x82\xac", "", false, "it holds something other than digits"},
		{"+614+91570156", "", false, "it holds something other than digits"},
		{"+614915", "", false, "it has too few or too many digits"},
		{"+614915701", "", false, "{+614915701 au false}"},
		{"+999123456789", "", false, "its country calling code does not exist"},
		{"+123456", "", false, "it has too few or too many digits"},
		{"+123456789012345678901234", "", false, "it has too few or too many digits"},
		{"1234567890123456789012", "AU", false, "it has too few or too many digits"},
		{"123456789012345678901", "AU", false, "it does not have as many digits as numbers of its country"},
		{"+1234567890123456", "", false, "it has too few or too many digits"},
		{"+12565550100", "", false, "{+12565550100 us false}"},
		{"+16045550100", "", false, "{+16045550100 ca false}"},
		{"+18005550199", "", false, "{+18005550199 us false}"},
		{"+15005550006", "", false, "{+15005550006 us false}"},
		{"+18765550100", "", false, "{+18765550100 jm false}"},
		{"+447700900123", "", false, "{+447700900123 gb true}"},
		{"+441632960123", "", false, "{+441632960123 gb true}"},
		{"+79125550100", "", false, "{+79125550100 ru false}"},
		{"+77015550100", "", false, "{+77015550100 kz false}"},
		{"+80055501000", "", false, "{+80055501000  false}"},
		{"+870773555010", "", false, "{+870773555010  false}"},
		{"+3915550100", "", false, "{+3915550100 it true}"},
		{"+39065550100", "", false, "{+39065550100 it false}"},
		{"+493023125000", "", false, "{+493023125000 de false}"},
		{"491570156 ext 5", "AU", false, "it holds something other than digits"},
		{"abc", "AU", false, "it holds something other than digits"},
		{"12", "AU", false, "it does not have as many digits as numbers of its country"},
		{"0491 570 156", "au", false, "{+61491570156 au false}"},
	} {
		got := func(in, region string, plus bool) string {
			p, err := ParsePhone(in, region, plus)
			if err != nil {
				return err.Error()
			}
			return fmt.Sprint(p)
		}(tt.in, tt.region, tt.plus)
		if got != tt.want {
			t.Errorf("%v %v %v: got %q, want %q", tt.in, tt.region, tt.plus, got, tt.want)
		}
	}
}

// TestCallingCodes knows how long a calling code is.
func TestCallingCodes(t *testing.T) {
	for _, tt := range []struct {
		code int
		want string
	}{
		{1, "1"},
		{9, "1"},
		{10, "2"},
		{99, "2"},
		{100, "3"},
		{999, "3"},
	} {
		got := func(code int) string { return fmt.Sprint(digitsOf(code)) }(tt.code)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.code, got, tt.want)
		}
	}
}
