// Package floors holds the rules of the house that a test can check: who may import whom, how long files and functions
// may be, and that tests name only rules that exist. It has tests only.
package floors
