package access

import "fmt"

// walk finds what some policies say. Statements that allow are not looked at any more once one has.
func (e *evaluation) walk(sources []Source) (found, error) {
	var f found
	for i := range sources {
		if err := e.look(&sources[i], &f); err != nil || f.deny {
			return f, err
		}
	}
	return f, nil
}

// look adds to f what one policy says.
func (e *evaluation) look(source *Source, f *found) error {
	p := source.Policy
	if p == nil {
		return fmt.Errorf("policy %s is not there", source.Name)
	}
	if err := e.lookAt(source, p.services[e.service], f); err != nil || f.deny {
		return err
	}
	return e.lookAt(source, p.any, f)
}

func (e *evaluation) lookAt(source *Source, candidates []scoped, f *found) error {
	for i := range candidates {
		s := &candidates[i]
		if !s.deny && f.allow || !s.about(e.service, e.name) {
			continue
		}
		applies, err := e.applies(s.statement)
		if err != nil {
			return err
		}
		if applies {
			f.deny, f.allow = s.deny, f.allow || !s.deny
			f.source, f.by = source, s.statement
		}
		if f.deny {
			return nil
		}
	}
	return nil
}

// attached finds what the resource's own policy says to the actor, and how closely a statement that allows names it.
func (e *evaluation) attached() (found, error) {
	var f found
	source := e.request.Attached
	if source.Policy == nil {
		return f, fmt.Errorf("policy %s is not there", source.Name)
	}
	if k := source.Policy.kind; k != TrustPolicy && k != ResourcePolicy {
		return f, fmt.Errorf("policy %s names no principals", source.Name)
	}
	if err := e.attachedAt(source, source.Policy.services[e.service], &f); err != nil || f.deny {
		return f, err
	}
	err := e.attachedAt(source, source.Policy.any, &f)
	return f, err
}

func (e *evaluation) attachedAt(source *Source, candidates []scoped, f *found) error {
	for i := range candidates {
		s := &candidates[i]
		if !s.about(e.service, e.name) {
			continue
		}
		naming := Unnamed
		if !s.deny {
			naming = s.principals.names(&e.request.Actor)
		}
		if !s.deny && naming <= f.naming || s.deny && !s.principals.denies(&e.request.Actor) {
			continue
		}
		applies, err := e.applies(s.statement)
		if err != nil {
			return err
		}
		if !applies {
			continue
		}
		f.source, f.by, f.naming = source, s.statement, naming
		if f.deny, f.allow = s.deny, !s.deny; s.deny {
			return nil
		}
	}
	return nil
}

// applies reports whether a statement about the action is about the resource too and its conditions are met.
func (e *evaluation) applies(s *statement) (bool, error) {
	if !s.anyResource {
		if err := e.resolve(); err != nil {
			return false, err
		}
		if ok, err := s.covers(e.arns[e.at], &e.request.Keys); !ok || err != nil {
			return false, err
		}
	}
	return s.holds(&e.request.Keys)
}

// resolve learns the ARNs of the request.
func (e *evaluation) resolve() error {
	if e.resolved {
		return nil
	}
	var err error
	if e.request.Resource != nil {
		e.arns, err = e.request.Resource()
	}
	if err != nil {
		return fmt.Errorf("find the resources: %w", err)
	}
	if len(e.arns) == 0 {
		e.arns = anywhere
	}
	e.resolved = true
	return nil
}

// anywhere is the resource of an action that is on none in particular.
var anywhere = []string{"*"}
