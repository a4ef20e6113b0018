package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Verifier proves lanes. It is given every entry, lane by lane and in order, and keeps a few words for each lane.
type Verifier struct {
	// Since, if it is set, excuses that events are missing before a lane's first one, when that is no older: older ones may
	// have been given up, and links to them lead nowhere.
	Since time.Time

	wanted map[Hash]bool // heads that were given; true once seen
	events int64
	last   Head            // the entry before
	ends   map[string]Head // of the lanes
	linked map[string]int64
	found  []Break
	broken map[string]bool // lanes of which a break was told
}

// Head is an event at the end of its lane that nothing refers to.
type Head struct {
	Place
	Time time.Time
}

// Break is the first place of a lane at which it does not hold.
type Break struct {
	Lane string
	Seq  int64
	Time time.Time // as the event there has it; zero if there is none
	Why  string
}

func (b Break) String() string {
	if b.Lane == "" {
		return b.Why
	}
	return fmt.Sprintf("event %d of lane %s: %s", b.Seq, b.Lane, b.Why)
}

// Report is what a verification found.
type Report struct {
	Events int64
	Lanes  int
	Heads  []Head  // in order of their lanes
	Broken []Break // the earliest first
}

// NewVerifier makes a verifier that also wants to meet some heads, as earlier reports named them.
func NewVerifier(heads ...Hash) *Verifier {
	v := &Verifier{wanted: map[Hash]bool{}, ends: map[string]Head{}, linked: map[string]int64{}, broken: map[string]bool{}}
	for _, h := range heads {
		v.wanted[h] = false
	}
	return v
}

// Add looks at the next entry. there is the hash of the event that its link leads to, nil if there is no such event.
func (v *Verifier) Add(e Entry, there *Hash) {
	v.events++
	if _, ok := v.wanted[e.Hash]; ok {
		v.wanted[e.Hash] = true
	}
	if e.Lane != v.last.Lane {
		v.last = Head{Place: Place{Lane: e.Lane}}
	}
	if e.Link.Lane != "" {
		v.linked[e.Link.Lane] = max(v.linked[e.Link.Lane], e.Link.Seq)
	}
	if why := v.fault(e, there); why != "" && !v.broken[e.Lane] {
		v.broken[e.Lane] = true
		v.found = append(v.found, Break{e.Lane, e.Seq, e.Time, why})
	}
	v.last = Head{e.Place, e.Time}
	v.ends[e.Lane] = v.last
}

// fault says what is wrong with an entry, nothing if all is well.
func (v *Verifier) fault(e Entry, there *Hash) string {
	excused := !v.Since.IsZero() && v.last.Seq == 0 && !e.Time.Before(v.Since)
	switch {
	case e.Sum() != e.Hash:
		return "it is not what was written: its hash is another"
	case e.Seq != v.last.Seq+1 && !excused:
		return missing(v.last.Seq+1, e.Seq-1) + " missing before it"
	case e.Prev != v.last.Hash && !(excused && e.Seq > 1):
		return "it does not follow from the event before it"
	case e.Link.Lane != "" && there == nil && v.Since.IsZero():
		return fmt.Sprintf("it links to event %d of lane %s, which is missing", e.Link.Seq, e.Link.Lane)
	case e.Link.Lane != "" && there != nil && *there != e.Link.Hash:
		return fmt.Sprintf("it links to event %d of lane %s, which is not what it was", e.Link.Seq, e.Link.Lane)
	}
	return ""
}

func missing(from, to int64) string {
	if from >= to {
		return fmt.Sprintf("event %d is", from)
	}
	return fmt.Sprintf("events %d to %d are", from, to)
}

// Report is what was found once every entry was added.
func (v *Verifier) Report() Report {
	r := Report{Events: v.events, Lanes: len(v.ends), Broken: slices.Clone(v.found)}
	for _, lane := range slices.Sorted(maps.Keys(v.ends)) {
		if end := v.ends[lane]; v.linked[lane] < end.Seq {
			r.Heads = append(r.Heads, end)
		}
	}
	slices.SortStableFunc(r.Broken, func(a, b Break) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Lane, b.Lane)) })
	for _, h := range slices.SortedFunc(maps.Keys(v.wanted), func(a, b Hash) int { return slices.Compare(a[:], b[:]) }) {
		if !v.wanted[h] {
			r.Broken = append(r.Broken, Break{Why: fmt.Sprintf("the head %s is missing", h)})
		}
	}
	return r
}
