package iam_test

import (
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/service/iam/api"
	"portico/internal/testkit"
)

func TestInstanceProfiles(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		role := *do(w, w.GetRole, api.GetRoleInput{RoleName: "x"}).Role
		tags := []api.Tag{{Key: "k", Value: "v"}}
		p := do(w, w.CreateInstanceProfile, api.CreateInstanceProfileInput{InstanceProfileName: "Web", Path: new("/app/"), Tags: tags}).InstanceProfile
		w.equal(p, &api.InstanceProfile{Path: "/app/", InstanceProfileName: "Web", InstanceProfileId: p.InstanceProfileId,
			Arn: "arn:aws:iam::111111111111:instance-profile/app/Web", CreateDate: w.Now(), Roles: []api.Role{}, Tags: tags})
		if !strings.HasPrefix(p.InstanceProfileId, "AIPA") {
			t.Errorf("id %s", p.InstanceProfileId)
		}
		refuse(w, w.CreateInstanceProfile, api.CreateInstanceProfileInput{InstanceProfileName: "WEB"}, "EntityAlreadyExists", "Instance Profile WEB already exists.")
		refuse(w, w.GetInstanceProfile, api.GetInstanceProfileInput{InstanceProfileName: "none"}, "NoSuchEntity", "Instance Profile none cannot be found.")
		refuse(w, w.AddRoleToInstanceProfile, api.AddRoleToInstanceProfileInput{InstanceProfileName: "web", RoleName: "none"}, "NoSuchEntity", "role with name none")
		refuse(w, w.RemoveRoleFromInstanceProfile, api.RemoveRoleFromInstanceProfileInput{InstanceProfileName: "web", RoleName: "x"}, "NoSuchEntity", "not in instance profile")

		do(w, w.AddRoleToInstanceProfile, api.AddRoleToInstanceProfileInput{InstanceProfileName: "web", RoleName: "X"})
		refuse(w, w.AddRoleToInstanceProfile, api.AddRoleToInstanceProfileInput{InstanceProfileName: "web", RoleName: "x"}, "LimitExceeded", "InstanceSessionsPerInstanceProfile: 1")
		p.Roles = []api.Role{role}
		w.equal(do(w, w.GetInstanceProfile, api.GetInstanceProfileInput{InstanceProfileName: "web"}).InstanceProfile, p)

		do(w, w.CreateInstanceProfile, api.CreateInstanceProfileInput{InstanceProfileName: "api"})
		do(w, w.AddRoleToInstanceProfile, api.AddRoleToInstanceProfileInput{InstanceProfileName: "api", RoleName: "x"})
		names := func(ps []api.InstanceProfile) string {
			var out []string
			for _, p := range ps {
				out = append(out, p.InstanceProfileName)
			}
			return strings.Join(out, " ")
		}
		w.equal(names(do(w, w.ListInstanceProfiles, api.ListInstanceProfilesInput{}).InstanceProfiles), "api Web")
		w.equal(names(do(w, w.ListInstanceProfiles, api.ListInstanceProfilesInput{PathPrefix: new("/app/")}).InstanceProfiles), "Web")
		first := do(w, w.ListInstanceProfiles, api.ListInstanceProfilesInput{MaxItems: new(1)})
		w.equal(names(do(w, w.ListInstanceProfiles, api.ListInstanceProfilesInput{Marker: &first.Marker}).InstanceProfiles), "Web")
		w.equal(names(do(w, w.ListInstanceProfilesForRole, api.ListInstanceProfilesForRoleInput{RoleName: "x"}).InstanceProfiles), "api Web")
		first2 := do(w, w.ListInstanceProfilesForRole, api.ListInstanceProfilesForRoleInput{RoleName: "x", MaxItems: new(1)})
		w.equal(names(do(w, w.ListInstanceProfilesForRole, api.ListInstanceProfilesForRoleInput{RoleName: "x", MaxItems: new(1), Marker: &first2.Marker}).InstanceProfiles), "Web")

		do(w, w.TagInstanceProfile, api.TagInstanceProfileInput{InstanceProfileName: "web", Tags: []api.Tag{{Key: "a", Value: "1"}}})
		do(w, w.UntagInstanceProfile, api.UntagInstanceProfileInput{InstanceProfileName: "web", TagKeys: []string{"k"}})
		w.equal(do(w, w.ListInstanceProfileTags, api.ListInstanceProfileTagsInput{InstanceProfileName: "web"}).Tags, []api.Tag{{Key: "a", Value: "1"}})

		refuse(w, w.DeleteRole, api.DeleteRoleInput{RoleName: "x"}, "DeleteConflict", "must remove roles from instance profile first")
		refuse(w, w.DeleteInstanceProfile, api.DeleteInstanceProfileInput{InstanceProfileName: "web"}, "DeleteConflict", "must remove roles from instance profile first")
		for _, name := range []string{"web", "api"} {
			do(w, w.RemoveRoleFromInstanceProfile, api.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: "x"})
			do(w, w.DeleteInstanceProfile, api.DeleteInstanceProfileInput{InstanceProfileName: name})
		}
		do(w, w.DeleteRole, api.DeleteRoleInput{RoleName: "x"})
		w.equal(do(w, w.ListInstanceProfiles, api.ListInstanceProfilesInput{}).InstanceProfiles, []api.InstanceProfile{})
	})
}

// A role is put into a profile only by who may pass it.
func TestProfilePassRole(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		do(w, w.CreateInstanceProfile, api.CreateInstanceProfileInput{InstanceProfileName: "web"})
		statement := func(action, resource string) string {
			return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`
		}
		role := do(w, w.GetRole, api.GetRoleInput{RoleName: "x"}).Role.Arn
		in := api.AddRoleToInstanceProfileInput{InstanceProfileName: "web", RoleName: "x"}
		for _, document := range []string{statement("iam:AddRoleToInstanceProfile", "*"), statement("iam:PassRole", role+"y")} {
			w.who.Authority = testkit.Authority(t, document)
			refuse(w, w.AddRoleToInstanceProfile, in, "AccessDenied", "is not authorized to perform: iam:PassRole on resource: "+role+" because no identity-based policy allows the iam:PassRole action")
		}
		w.equal(len(do(w, w.GetInstanceProfile, api.GetInstanceProfileInput{InstanceProfileName: "web"}).InstanceProfile.Roles), 0)
		w.who.Authority = testkit.Authority(t, statement("iam:PassRole", role))
		do(w, w.AddRoleToInstanceProfile, in)
	})
}

func TestProviders(t *testing.T) {
	worlds(t, func(w world) {
		const arn = "arn:aws:iam::111111111111:oidc-provider/id.example.com/realm"
		print := strings.Repeat("0a", 20)
		tags := []api.Tag{{Key: "k", Value: "v"}}
		w.equal(do(w, w.CreateOpenIDConnectProvider, api.CreateOpenIDConnectProviderInput{Url: "https://id.example.com/realm", ClientIDList: []string{"a", "a"},
			ThumbprintList: []string{print}, Tags: tags}).OpenIDConnectProviderArn, arn)
		w.equal(*do(w, w.GetOpenIDConnectProvider, api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}), api.GetOpenIDConnectProviderOutput{
			Url: "id.example.com/realm", ClientIDList: []string{"a"}, ThumbprintList: []string{print}, CreateDate: w.Now(), Tags: tags})
		for _, bad := range []string{"http://id.example.com", "id.example.com", "https://", "https://u@id.example.com", "https://id.example.com?x=1", "https://id.example.com#f"} {
			refuse(w, w.CreateOpenIDConnectProvider, api.CreateOpenIDConnectProviderInput{Url: bad}, "InvalidInput", "Invalid Open ID Connect Provider URL")
		}
		refuse(w, w.CreateOpenIDConnectProvider, api.CreateOpenIDConnectProviderInput{Url: "https://id.example.com/realm/"}, "EntityAlreadyExists", "already exists")
		refuse(w, w.CreateOpenIDConnectProvider, api.CreateOpenIDConnectProviderInput{Url: "https://a", ThumbprintList: []string{strings.Repeat("z", 40)}}, "InvalidInput", "hexadecimal")
		refuse(w, w.CreateOpenIDConnectProvider, api.CreateOpenIDConnectProviderInput{Url: "https://a", ThumbprintList: []string{print, print, print, print, print, print}}, "InvalidInput", "fewer than 6")
		refuse(w, w.GetOpenIDConnectProvider, api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn + "x"}, "NoSuchEntity", "OpenIDConnect Provider not found for arn")
		refuse(w, w.GetOpenIDConnectProvider, api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: "something-else-entirely"}, "InvalidInput", "is not valid")

		do(w, w.AddClientIDToOpenIDConnectProvider, api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: "b"})
		do(w, w.AddClientIDToOpenIDConnectProvider, api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: "b"})
		do(w, w.RemoveClientIDFromOpenIDConnectProvider, api.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: "a"})
		do(w, w.RemoveClientIDFromOpenIDConnectProvider, api.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: "none"})
		do(w, w.UpdateOpenIDConnectProviderThumbprint, api.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: []string{print, print}})
		do(w, w.TagOpenIDConnectProvider, api.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, Tags: []api.Tag{{Key: "a", Value: "1"}}})
		do(w, w.UntagOpenIDConnectProvider, api.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, TagKeys: []string{"k"}})
		w.equal(do(w, w.ListOpenIDConnectProviderTags, api.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: arn}).Tags, []api.Tag{{Key: "a", Value: "1"}})
		got := do(w, w.GetOpenIDConnectProvider, api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		w.equal(got.ClientIDList, []string{"b"})
		w.equal(got.ThumbprintList, []string{print, print})

		w.who = access.RootCaller("222222222222")
		refuse(w, w.GetOpenIDConnectProvider, api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}, "NoSuchEntity", "not found")
		refuse(w, w.AddClientIDToOpenIDConnectProvider, api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: "evil"}, "NoSuchEntity", "not found")
		do(w, w.DeleteOpenIDConnectProvider, api.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		w.equal(do(w, w.ListOpenIDConnectProviders, api.ListOpenIDConnectProvidersInput{}).OpenIDConnectProviderList, []api.OpenIDConnectProviderListEntry{})
		w.who = access.RootCaller(account)
		w.equal(do(w, w.ListOpenIDConnectProviders, api.ListOpenIDConnectProvidersInput{}).OpenIDConnectProviderList, []api.OpenIDConnectProviderListEntry{{Arn: arn}})
		for range 2 {
			do(w, w.DeleteOpenIDConnectProvider, api.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		}
		w.equal(len(do(w, w.ListOpenIDConnectProviders, api.ListOpenIDConnectProvidersInput{}).OpenIDConnectProviderList), 0)
	})
}
