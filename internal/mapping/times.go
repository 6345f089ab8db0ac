package mapping

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// farFuture stands for dates without an end ("infinity", "never").
var farFuture = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// timeLayouts are the dates that are not ISO 8601.
var timeLayouts = []string{
	"02-Jan-06 03.04.05.999999999 PM -07:00", "02-Jan-06 03.04.05.999999999 PM", "02-Jan-06", // Oracle
	"02-Jan-2006 15:04:05", "02-Jan-2006",
	time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC, time.UnixDate,
	"Mon Jan 2 2006 15:04:05 GMT-0700", // JavaScript's Date.toString
	"Jan 2, 2006, 3:04:05 PM", "Jan 2, 2006 3:04 PM", "January 2, 2006", "Jan 2, 2006",
	"2 January 2006", "2 Jan 2006 15:04:05", "2 Jan 2006",
	"2006/01/02 15:04:05", "2006/01/02",
}

// ParseTime reads a date in any of the dialects that exports use: RFC 3339 and
// its looser relatives of SQL dumps, seconds, milliseconds and microseconds since
// 1970, Oracle's, LDAP's, Active Directory's and RFC 1123. A date without a zone
// is UTC. Zero dates ("0000-00-00", "0001-01-01", 0) are no date.
func ParseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 80 {
		return time.Time{}, false
	}
	if c := s[0]; c == '-' || c >= '0' && c <= '9' {
		if t, ok := parseNumberTime(s); ok {
			return t, true
		}
		if t, ok := parseISO(s); ok {
			return t, true
		}
	}
	switch strings.ToLower(s) {
	case "infinity", "never":
		return farFuture, true
	}
	// Oracle writes months in capitals; JavaScript appends the zone's name in brackets.
	if i := strings.IndexByte(s, '('); i > 0 {
		s = strings.TrimSpace(s[:i])
	}
	for _, l := range timeLayouts {
		if t, err := time.Parse(l, s); err == nil && t.Year() > 0 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// parseNumberTime reads counts of seconds or parts of seconds, told apart by
// their size, LDAP's generalized time and Active Directory's 100 ns since 1601.
func parseNumberTime(s string) (time.Time, bool) {
	if digits := strings.TrimSuffix(s, "Z"); len(digits) >= 14 && (s[0] == '1' && s[1] == '9' || s[0] == '2' && s[1] == '0') {
		if t, err := time.Parse("20060102150405", digits[:14]); err == nil && (len(digits) == 14 || digits[14] == '.') {
			return t, true
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		if math.Abs(f) >= 1e11 {
			return time.Time{}, false
		}
		sec, frac := math.Modf(f)
		return time.Unix(int64(sec), int64(frac*1e9)).UTC(), true
	}
	abs := n
	if abs < 0 {
		abs = -abs
	}
	switch {
	case n == math.MaxInt64:
		return farFuture, true
	case abs < 0:
		return time.Time{}, false
	case abs < 1e11:
		return time.Unix(n, 0).UTC(), true
	case abs < 1e14:
		return time.UnixMilli(n).UTC(), true
	case abs < 1e17:
		return time.UnixMicro(n).UTC(), true
	case abs < 1e18: // 100 ns since 1601
		return time.Unix(n/1e7-11644473600, n%1e7*100).UTC(), true
	default:
		return time.Unix(n/1e9, n%1e9).UTC(), true
	}
}

// parseISO reads yyyy-mm-dd, with a time after "T" or a space, a fraction, and a
// zone written as Z, UTC, +00, +0000 or +00:00, with or without a space before it.
func parseISO(s string) (time.Time, bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || year <= 1 || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	rest := s[10:]
	var hour, minute, sec, nano int
	if len(rest) > 0 && (rest[0] == 'T' || rest[0] == 't' || rest[0] == ' ') {
		var ok bool
		if hour, minute, sec, nano, rest, ok = parseClock(rest[1:]); !ok {
			return time.Time{}, false
		}
	}
	offset, ok := parseZone(strings.TrimSpace(rest))
	if !ok {
		return time.Time{}, false
	}
	if time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, sec, nano, time.UTC).Add(-offset), true
}

// parseClock reads hh:mm[:ss[.fraction]].
func parseClock(s string) (hour, minute, sec, nano int, rest string, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return
	}
	hour, ok1 := digits(s[0:2])
	minute, ok2 := digits(s[3:5])
	if !ok1 || !ok2 || hour > 24 || minute > 59 {
		return
	}
	s = s[5:]
	if len(s) >= 3 && s[0] == ':' {
		var ok3 bool
		if sec, ok3 = digits(s[1:3]); !ok3 || sec > 60 {
			return
		}
		s = s[3:]
		if len(s) > 1 && (s[0] == '.' || s[0] == ',') {
			end, scale := 1, 100_000_000
			for end < len(s) && s[end] >= '0' && s[end] <= '9' {
				nano += int(s[end]-'0') * scale
				scale /= 10
				end++
			}
			s = s[end:]
		}
	}
	return hour, minute, sec, nano, s, true
}

func parseZone(s string) (time.Duration, bool) {
	switch strings.ToUpper(s) {
	case "", "Z", "UTC", "GMT", "+00", "+0000", "+00:00", "+0000 UTC":
		return 0, true
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	d := strings.Replace(s[1:], ":", "", 1)
	if len(d) == 2 {
		d += "00"
	}
	n, ok := digits(d)
	if len(d) != 4 || !ok || n/100 > 15 || n%100 > 59 {
		return 0, false
	}
	off := time.Duration(n/100)*time.Hour + time.Duration(n%100)*time.Minute
	if s[0] == '-' {
		off = -off
	}
	return off, true
}

func digits(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, len(s) > 0
}
