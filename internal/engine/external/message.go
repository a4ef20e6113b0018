package external

import (
	"bytes"
	"encoding/json"
	"fmt"

	"portico/internal/catalog"
	"portico/internal/provision"
)

// message is what an engine is given. A termination has no product, version, artifact, parameters and tags. (C-ENG-5)
type message struct {
	Token                  string    `json:"token"`
	Operation              string    `json:"operation"`
	ProvisionedProductID   string    `json:"provisionedProductId"`
	ProvisionedProductName string    `json:"provisionedProductName"`
	ProductID              string    `json:"productId,omitempty"`
	ProvisioningArtifactID string    `json:"provisioningArtifactId,omitempty"`
	RecordID               string    `json:"recordId"`
	LaunchRoleARN          string    `json:"launchRoleArn"`
	Artifact               *artifact `json:"artifact,omitempty"`
	Identity               identity  `json:"identity"`
	Parameters             []pair    `json:"parameters,omitzero"`
	Tags                   []pair    `json:"tags,omitzero"`
}

// artifact says where the file of a version is: an object that the launch role can read from this server's S3. (C-ENG-7)
type artifact struct {
	Path string `json:"path"`
	Type string `json:"type"`
}

type identity struct {
	Principal    string  `json:"principal"` // unique id of the caller
	Account      string  `json:"awsAccountId"`
	Organization *string `json:"organizationId"` // null without one
}

type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func artifactOf(p catalog.ProductID, a catalog.ArtifactID) *artifact {
	return &artifact{Path: "s3://" + catalog.VersionBucket + "/" + catalog.VersionKey(p, a), Type: "AWS_S3"}
}

func (m message) text() (string, error) {
	b, err := encode(m)
	return string(b), err
}

// encode writes JSON without the escapes that are for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write the message of an engine: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// names are what engines are called in the engines file and in their queues' names, by the type of the products that they
// launch. (C-ENG-4)
var names = map[string]string{
	catalog.External:            "External",
	catalog.TerraformOpenSource: "TerraformOS",
	catalog.TerraformCloud:      "TerraformCloud",
}

// queueOf is the name of the queue that a message goes to. (C-ENG-4)
func queueOf(t provision.Task) string {
	verb := map[provision.Operation]string{provision.OpProvision: "Provision", provision.OpUpdate: "Update", provision.OpTerminate: "Terminate"}[t.Operation]
	return "ServiceCatalog" + names[t.ProductType] + verb + "OperationQueue"
}
