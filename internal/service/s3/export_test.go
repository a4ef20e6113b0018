package s3

// Operations are all that the service can do, as it finds them: by method, what the address names, and the subresource.
func Operations() []string {
	var names []string
	for name := range operations {
		names = append(names, name)
	}
	return names
}

// FitsShapes reports whether every shape of a configuration can be read, and names those that cannot.
func FitsShapes() (broken []string) {
	for kind, c := range configurations {
		if parts, rest := parseShape(c.shape); rest != "" || len(parts) == 0 || !whole(parts) {
			broken = append(broken, kind)
		}
	}
	return broken
}

func whole(parts []shape) bool {
	for _, p := range parts {
		if p.name == "" || !whole(p.parts) {
			return false
		}
	}
	return true
}
