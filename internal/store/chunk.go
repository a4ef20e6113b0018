package store

import "iter"

const chunkMax = 64

// chunks cuts values into pieces for IN lists. A piece has a power of two of members, the last one repeated where they
// do not suffice, so that few statement texts exist and prepared statements are found again.
func chunks[T any](values []T) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(values) > 0 {
			n := min(len(values), chunkMax)
			size := 1
			for size < n {
				size *= 2
			}
			piece := make([]T, size)
			copy(piece, values[:n])
			for i := n; i < size; i++ {
				piece[i] = values[n-1]
			}
			if !yield(piece) {
				return
			}
			values = values[n:]
		}
	}
}

// filled is a short list as chunks would cut it, and a list of nothing as one of a value that matches nothing, so that a
// statement has the same text with and without.
func filled(values []string) []string {
	if len(values) == 0 {
		return []string{""}
	}
	for piece := range chunks(values) {
		return piece
	}
	return nil
}

func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}
