package rendezvous

import (
	"strconv"
	"strings"
)

// figures are the words for numbers up to 19, and the tens.
var figures = map[string]int{
	"zero": 0, "oh": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
	"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
	"eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
	"eighty": 80, "ninety": 90,
}

// unspoken returns s, a folded code, with the number in front in digits where it
// was written as it is spoken: "one-twenty-three" and "one-hundred-and-twenty-three"
// are both "123", and so is "1-2-3".
func unspoken(s string) string {
	words := strings.Split(s, "-")
	digits, now := "", 0 // now is the number that is being said, 0 for none
	flush := func() {
		if now > 0 {
			digits += strconv.Itoa(now)
		}
		now = 0
	}
	inDigits := isDigits(words[0]) // what follows in another way is a word of the code
	n := 0
	for ; n < len(words); n++ {
		v, known := figures[words[n]]
		switch {
		case words[n] == "hundred" && now > 0 && now < 10:
			now *= 100
		case words[n] == "and" && now >= 100 && now%100 == 0:
		case known && v > 0 && (now >= 100 && now%100 == 0 || now >= 20 && now%10 == 0 && v < 10):
			now += v
		case known && !inDigits:
			flush()
			if now = v; v == 0 {
				digits += "0"
			}
		case isDigits(words[n]) && inDigits:
			digits += words[n]
		default:
			flush()
			return strings.TrimSuffix(digits+"-"+strings.Join(words[n:], "-"), "-")
		}
	}
	return s
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
