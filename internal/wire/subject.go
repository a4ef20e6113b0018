package wire

import (
	"reflect"
	"strings"
)

// Subject tells what an operation is about: the kind of its resource and the value of the member that names it, which is
// empty where a request leaves it out.
func (o *Operation) Subject(in any) (kind, value string) {
	kind, name, _ := strings.Cut(o.Resource, ":")
	return kind, o.Text(in, name)
}

// Text is the value of a member of an input that is a text, and empty if the input leaves it out or has no such member.
func (o *Operation) Text(in any, name string) string {
	v := o.member(in, name)
	if !v.IsValid() || v.Kind() != reflect.String {
		return ""
	}
	return v.String()
}

func (o *Operation) member(in any, name string) reflect.Value {
	if o.in == nil || o.in.record == nil {
		return reflect.Value{}
	}
	i, ok := o.in.record.byName[name]
	if !ok {
		return reflect.Value{}
	}
	v := reflect.ValueOf(in).Elem().Field(o.in.record.fields[i].index)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return reflect.Value{}
		}
		v = v.Elem()
	}
	return v
}

// The members by which the APIs give and take tags.
var (
	tagMembers = []string{"Tags", "AddTags"}
	keyMembers = []string{"TagKeys", "RemoveTags"}
)

// Pair is a tag of a request.
type Pair struct{ Key, Value string }

// Tags are the tags that an input gives, and the keys of those and of the ones that it takes away.
func (o *Operation) Tags(in any) (given []Pair, keys []string) {
	for _, name := range tagMembers {
		list := o.member(in, name)
		if !list.IsValid() || list.Kind() != reflect.Slice || list.Type().Elem().Kind() != reflect.Struct {
			continue
		}
		for i := range list.Len() {
			p := Pair{textOf(list.Index(i), "Key"), textOf(list.Index(i), "Value")}
			given, keys = append(given, p), append(keys, p.Key)
		}
	}
	for _, name := range keyMembers {
		list := o.member(in, name)
		if !list.IsValid() || list.Kind() != reflect.Slice || list.Type().Elem().Kind() != reflect.String {
			continue
		}
		for i := range list.Len() {
			keys = append(keys, list.Index(i).String())
		}
	}
	return given, keys
}

func textOf(v reflect.Value, name string) string {
	f := v.FieldByName(name)
	if f.IsValid() && f.Kind() == reflect.Pointer {
		f = f.Elem()
	}
	if !f.IsValid() || f.Kind() != reflect.String {
		return ""
	}
	return f.String()
}
