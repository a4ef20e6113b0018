package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// model is the part of api-2.json that says anything about messages.
type model struct {
	Metadata struct {
		APIVersion   string
		Protocol     string
		TargetPrefix string
		EndpointName string `json:"endpointPrefix"`
		SigningName  string
		Namespace    string `json:"xmlNamespace"`
	}
	Operations map[string]*operation
	Shapes     map[string]*shape
}

type operation struct {
	Input, Output *ref
	Errors        []ref
}

type ref struct {
	Shape            string
	LocationName     string
	Flattened        bool
	IdempotencyToken bool
	TimestampFormat  string
}

type shape struct {
	Type            string
	Members         members
	Required        []string
	Member          *ref
	Key, Value      *ref
	Min, Max        *int64
	Pattern         string
	Enum            []string
	Sensitive       bool
	Flattened       bool
	TimestampFormat string
	Error           struct {
		Code   string
		Status int `json:"httpStatusCode"`
	}
}

// members keeps the order of the model, which is the order of the fields we write.
type members []member

type member struct {
	Name string
	ref
}

func (m *members) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		one := member{Name: fmt.Sprint(name)}
		if err := d.Decode(&one.ref); err != nil {
			return err
		}
		*m = append(*m, one)
	}
	return nil
}

func loadModel(path string) (*model, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := new(model)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("read model %s: %w", path, err)
	}
	if m.Metadata.SigningName == "" {
		m.Metadata.SigningName = m.Metadata.EndpointName
	}
	return m, nil
}

// shapeOf follows a reference; a model that names a shape it does not have is broken.
func (m *model) shapeOf(r *ref) (*shape, error) {
	s, ok := m.Shapes[r.Shape]
	if !ok {
		return nil, fmt.Errorf("the model has no shape %q", r.Shape)
	}
	return s, nil
}
