package catalog

import (
	"time"

	"portico/internal/fault"
)

// Guidance values of a version.
const (
	GuidanceDefault    = "DEFAULT"
	GuidanceDeprecated = "DEPRECATED"
)

// Artifact is one version of a product. Its template is fetched once and stored apart. (C-PA-3)
type Artifact struct {
	ID          ArtifactID
	Product     ProductID
	Name        string
	Description string
	Type        string
	Active      bool
	Guidance    string
	TemplateURL string     // the address given by LoadTemplateFromURL
	PhysicalID  string     // the stack given by ImportFromPhysicalId
	Source      ArtifactID // the version it was copied from; its own id otherwise (C-PROD-8)
	Created     time.Time
}

// ArtifactPatch holds the fields of UpdateProvisioningArtifact that were sent; the template never changes. (C-PA-9)
type ArtifactPatch struct {
	Name, Description, Guidance *string
	Active                      *bool
}

// With returns a with the fields that are given changed.
func (a Artifact) With(c ArtifactPatch) Artifact {
	set(&a.Name, c.Name)
	set(&a.Description, c.Description)
	set(&a.Guidance, c.Guidance)
	set(&a.Active, c.Active)
	return a
}

// Launchable refuses a version that may not be launched anew: inactive or deprecated. (C-PA-10, C-PA-11)
func (a Artifact) Launchable() error {
	if !a.Active {
		return fault.Invalidf("Provisioning Artifact %s is not active", a.ID)
	}
	if a.Guidance == GuidanceDeprecated {
		return fault.Invalidf("Provisioning Artifact %s is deprecated and cannot be launched", a.ID)
	}
	return nil
}

// Info keys a request may give, exactly one. (C-PA-1)
const (
	InfoURL        = "LoadTemplateFromURL"
	InfoPhysicalID = "ImportFromPhysicalId"
)

// CheckInfo reads the Info map of a new version: exactly one key, which must be known. (C-PA-1)
func CheckInfo(info map[string]string) (key, value string, err error) {
	if len(info) != 1 {
		return "", "", fault.Invalidf("Invalid Info: exactly one of the keys %s and %s is required", InfoURL, InfoPhysicalID)
	}
	for key, value = range info {
	}
	if key != InfoURL && key != InfoPhysicalID {
		return "", "", fault.Invalidf("Invalid Info: unknown key %s. The keys are %s and %s", key, InfoURL, InfoPhysicalID)
	}
	if value == "" {
		return "", "", fault.Invalidf("Invalid Info: the value of %s is empty", key)
	}
	return key, value, nil
}

// CheckArtifactType settles the type of a version: that of its product unless given, and never another. (C-PROD-3)
func CheckArtifactType(product string, given *string) (string, error) {
	if given == nil || *given == product {
		return product, nil
	}
	return "", fault.Invalidf("Invalid provisioning artifact Type: %s. The product is of type %s", *given, product)
}
