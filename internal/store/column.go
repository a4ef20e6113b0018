package store

import (
	"encoding/json"
	"fmt"
)

// document writes a value as the TEXT of a column. Values of the domain always have such a form.
func document(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write document: %w", err)
	}
	return string(b), nil
}

// documents writes several values at once.
func documents(vs ...any) ([]any, error) {
	out := make([]any, len(vs))
	for i, v := range vs {
		text, err := document(v)
		if err != nil {
			return nil, err
		}
		out[i] = text
	}
	return out, nil
}

// undocument reads the texts of columns back, each into what the next place points at.
func undocument(texts []string, places ...any) error {
	for i, text := range texts {
		if err := json.Unmarshal([]byte(text), places[i]); err != nil {
			return fmt.Errorf("read document: %w", err)
		}
	}
	return nil
}
