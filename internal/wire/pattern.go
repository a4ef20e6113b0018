package wire

import (
	"fmt"
	"regexp"
)

// The models write Java patterns. Three things Java takes and RE2 does not occur in them: \u with four digits, repetitions above
// 1,000, and what the table lists. Two differences are left: RE2's dot also takes U+0085, U+2028 and U+2029, and its \s
// does not take a vertical tab.
var (
	javaRune   = regexp.MustCompile(`\\u([0-9a-fA-F]{4})`)
	javaRepeat = regexp.MustCompile(`\.\{0,1023\}`)
)

// rewritten holds patterns that need more than a change of spelling.
var rewritten = map[string]string{
	// \u10000 is \u1000 and a zero to Java; the characters beyond the 16-bit plane are meant.
	`[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`: `[\t\n\r -~\x{85}\x{A0}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]+`,
	// Lookahead: no two hyphens in a row. The count {1,61} is the shape's length 3 to 63.
	`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`: `[a-z0-9]+(-[a-z0-9]+)*`,
}

// translate compiles a pattern of the model so that it holds for whole strings, as the services match.
func translate(java string) (*regexp.Regexp, error) {
	re, ok := rewritten[java]
	if !ok {
		re = javaRune.ReplaceAllString(java, `\x{$1}`)
		re = javaRepeat.ReplaceAllString(re, `(?:.{0,1000}.{0,23})`)
	}
	c, err := regexp.Compile(`\A(?:` + re + `)\z`)
	if err != nil {
		return nil, fmt.Errorf("translate pattern %s: %w", java, err)
	}
	return c, nil
}
