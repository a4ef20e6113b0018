package external

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"portico/internal/catalog"
	"portico/internal/provision"
)

const (
	maxParameters = 1000
	maxKey        = 1000 // characters (catalog 1.4)
	maxSaid       = 2000 // bytes of what a parser says is wrong
)

// answer is what a parser tells: parameters, or what is wrong, as a function of Lambda does. (C-ENG-3)
type answer struct {
	Parameters []struct {
		Key          string          `json:"key"`
		DefaultValue json.RawMessage `json:"defaultValue"`
		Type         string          `json:"type"`
		Description  string          `json:"description"`
		IsNoEcho     bool            `json:"isNoEcho"`
	} `json:"parameters"`
	ErrorType    string `json:"errorType"` // ParserInvalidParameterException, ParserAccessDeniedException
	ErrorMessage string `json:"errorMessage"`
}

// Parameters asks the parser of a product's engine for the parameters of a version. (C-ENG-3, C-PARAM-8)
func (e *Engine) Parameters(ctx context.Context, p catalog.Product, a catalog.ArtifactID, launchRoleARN string) ([]provision.Declared, error) {
	at, ok := e.place(p.Account, p.Region)
	if !ok {
		return nil, provision.Refusef("Error occurred during parameter parsing: this server has no parser for products of account %s in region %s", p.Account, p.Region)
	}
	request, err := encode(struct {
		Artifact *artifact `json:"artifact"`
		Role     string    `json:"launchRoleArn,omitempty"`
	}{artifactOf(p.ID, a), launchRoleARN})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, parseTime)
	defer cancel()
	text, err := at.parser.carry(ctx, target{account: p.Account, region: p.Region}, request)
	var got answer
	bad := json.Unmarshal(text, &got)
	switch {
	case bad == nil && got.ErrorMessage != "":
		return nil, provision.Refusef("Error occurred during parameter parsing: %s", brief(got.ErrorMessage))
	case err != nil:
		return nil, fmt.Errorf("ask the parser of %s: %w", p.ID, err)
	case bad != nil:
		return nil, fmt.Errorf("the parser of %s answers no JSON of the contract: %w", p.ID, bad)
	}
	return got.declared()
}

// declared reads the parameters of an answer. A parameter without a default, or with null, must be given a value; the
// engines that are in the world give "" for none, so what "" means is left to the engine.
func (a answer) declared() ([]provision.Declared, error) {
	if a.Parameters == nil {
		return nil, errors.New("a parser's answer has no parameters")
	}
	if len(a.Parameters) > maxParameters {
		return nil, fmt.Errorf("a parser's answer has %d parameters, more than %d", len(a.Parameters), maxParameters)
	}
	seen := map[string]bool{}
	out := make([]provision.Declared, len(a.Parameters))
	for i, p := range a.Parameters {
		if p.Key == "" || utf8.RuneCountInString(p.Key) > maxKey || seen[p.Key] {
			return nil, fmt.Errorf("a parser's answer has a parameter whose key is empty, too long or not its own: %q", brief(p.Key))
		}
		seen[p.Key] = true
		out[i] = provision.Declared{Key: p.Key, Type: p.Type, Description: p.Description, NoEcho: p.IsNoEcho}
		if text := string(p.DefaultValue); text != "" && text != "null" {
			if json.Unmarshal(p.DefaultValue, &text) != nil { // a number, a list: as it stands
				text = string(p.DefaultValue)
			}
			out[i].Default = &text
		}
	}
	return out, nil
}

// brief is the beginning of a text of somebody else's.
func brief(s string) string {
	if len(s) > maxSaid {
		s = s[:maxSaid]
	}
	return strings.ToValidUTF8(s, "")
}
