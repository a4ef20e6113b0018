package main

import (
	"fmt"
	"slices"
	"strings"
)

// table is the outcome of a run, as Markdown.
type table struct {
	sections []*section
}

type section struct {
	title string
	head  []string
	rows  [][]string
	missd int
}

func (t *table) section(title string, head ...string) *section {
	s := &section{title: title, head: head}
	t.sections = append(t.sections, s)
	return s
}

func (s *section) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case goal:
			row[i] = v.String()
			if v.text != "" && !v.met {
				s.missd++
			}
		case float64:
			row[i] = short(v)
		default:
			row[i] = fmt.Sprint(v)
		}
	}
	s.rows = append(s.rows, row)
}

func (t *table) missed() (n int) {
	for _, s := range t.sections {
		n += s.missd
	}
	return n
}

// goal is what a figure should be, and whether it is. The zero value is none.
type goal struct {
	text string
	met  bool
}

func (g goal) String() string {
	switch {
	case g.text == "":
		return ""
	case g.met:
		return g.text + ", met"
	}
	return g.text + ", **missed**"
}

func atLeast(want, got float64) goal {
	return goal{fmt.Sprintf("≥ %s", percent(want)), got >= want}
}

func atMost(want, got float64) goal {
	return goal{fmt.Sprintf("≤ %s×", short(want)), got <= want}
}

func percent(ratio float64) string { return fmt.Sprintf("%.0f %%", 100*ratio) }

// short writes a figure with as many digits as mean something.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

func (t *table) String() string {
	var b strings.Builder
	for _, s := range t.sections {
		if len(s.rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n**%s**\n\n| %s |\n|%s\n", s.title, strings.Join(s.head, " | "), strings.Repeat("---|", len(s.head)))
		for _, r := range s.rows {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(r, " | "))
		}
	}
	return b.String()
}

// median of some figures; 0 of none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// ratio is the median of a's figures over b's of the same round, so that what else the machine does weighs less.
func ratio(a, b []float64) float64 {
	var r []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			r = append(r, a[i]/b[i])
		}
	}
	return median(r)
}
