// Package catalog holds portfolios, products and every rule about who sees and uses them.
//
// An account owns portfolios and products. A portfolio holds products on terms; a share offers it to another account.
// What a recipient gets is the portfolio itself, read anew at every request, never a copy (S-GEN-1): same id, same
// ARN, same products, versions and constraints, the owner's name on all of them.
//
// A share is one record with one target. An account share names an account, in any organization or none, and is
// pending until that account accepts it; rejecting it makes it pending again (S-ACC). An organization share names a
// node of the owner's organization: all of it, a unit, or one member. It covers every account below the node, at once
// and without accepting, for as long as the account is below it (S-ORG-20, S-EVT). An account may hide what reaches it
// through its organization, for itself alone (S-ACC-10). The two kinds are kept apart in a Standing, because each ends
// on its own; a portfolio is imported while either is in force (S-DEL-4). Whoever is only offered a portfolio is
// answered as if it did not exist (S-GEN-7).
//
// A recipient reads all of an imported portfolio and changes none of it: forbidden writes are refused as such, and
// sharing it further in any form is not supported (Permit, spec 21). What a recipient adds is its own: principals on
// the imported portfolio, and local portfolios that hold imported products by reference to where they came from
// (Membership.Source). When the last relation ends, what was built on it in that account ends in the same transaction
// (S-DEL-5); nothing comes back by itself. A recipient's additions never stop an owner from anything (S-PRO-2).
//
// Seeing a portfolio is an account's matter; using its products is a principal's. A caller has one launch path for each
// portfolio its account owns or imports, that holds the product, and that the caller is associated with: by the unique
// id of a user, one of its groups or the role behind its session, or by a pattern over names (S-PRI). Associations
// count in the account that made them. The owner's reach nobody elsewhere, except its patterns, and those only through
// an organization share that shares principals (S-PRI-12).
//
// All of it is values and pure functions. Where AWS is silent, choices.go holds our answer.
package catalog
