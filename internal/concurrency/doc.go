// Package concurrency shows that requests made at once have effects, answers and refusals as if they had come one after
// another, and that what was answered before a request was made came before it. It has tests only.
package concurrency
