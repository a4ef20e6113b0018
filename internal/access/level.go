package access

// Level is how much of an account's provisioned products a caller may act on: none, its own, those of its role or all.
// It also says how one provisioned product is related to a caller, as the narrowest level that holds it. (C-ACC-6)
type Level int

// The levels. Each holds those before it.
const (
	NoLevel Level = iota
	UserLevel
	RoleLevel
	AccountLevel
)

// Covers reports whether a caller who was granted level l may act on a provisioned product of that relation. (C-ACC-8)
func (l Level) Covers(relation Level) bool { return relation != NoLevel && relation <= l }

func (l Level) String() string {
	return [...]string{"none", "User", "Role", "Account"}[l]
}

// Relation tells how a provisioned product of the caller's account is related to the caller: userARN is the user or role
// that launched it and sessionARN the user or session. (C-ACC-6)
func Relation(who Caller, userARN, sessionARN string) Level {
	switch {
	case sessionARN == who.ARN:
		return UserLevel
	case userARN == who.Entity().ARN:
		return RoleLevel
	}
	return AccountLevel
}

// levelOf gives the level whose condition key has this folded name, NoLevel if none has.
func levelOf(name string) Level {
	switch name {
	case KeyUserLevel:
		return UserLevel
	case KeyRoleLevel:
		return RoleLevel
	case KeyAccountLevel:
		return AccountLevel
	}
	return NoLevel
}

// Level decides how widely an action on provisioned products is granted: to the widest level of which every product may
// be acted on. A statement without the keys of levels grants the whole account. Since a Deny may have those keys too,
// what is decided is the action on a product of each relation: an own one, one of the role, another of the account; what
// is denied for one of them ends the levels there. The decision is that of the widest level granted, or with NoLevel the
// refusal. (C-ACC-7)
func (g Grants) Level(r Request) (Level, Decision, error) {
	if !g.levelled(&r) {
		d, err := g.Decide(r)
		if err != nil || !d.Allowed {
			return NoLevel, d, err
		}
		return AccountLevel, d, nil
	}
	e := evaluation{request: r}
	granted, decision := NoLevel, Decision{}
	for relation := UserLevel; relation <= AccountLevel; relation++ {
		e.request.Keys.At(relation)
		d, err := g.decideAll(&e)
		if err != nil {
			return NoLevel, d, err
		}
		if !d.Allowed {
			if granted == NoLevel {
				decision = d
			}
			break
		}
		granted, decision = relation, d
	}
	return granted, decision, nil
}

// levelled reports whether any policy has a condition on levels.
func (g Grants) levelled(r *Request) bool {
	some := func(sources []Source) bool {
		for _, s := range sources {
			if s.Policy != nil && s.Policy.levelled {
				return true
			}
		}
		return false
	}
	for _, level := range g.Control {
		if some(level) {
			return true
		}
	}
	return some(g.Identity) || some(g.Session) || g.Boundary != nil && some([]Source{*g.Boundary}) ||
		r.Attached != nil && some([]Source{*r.Attached})
}
