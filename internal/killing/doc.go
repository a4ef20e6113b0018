// Package killing shows that launches end right, each stack made once, although the servers that carry them out are killed
// at any moment. It has tests only.
package killing
