package testkit

// Cluster starts a private PostgreSQL server, as tests have one, for a program that is no test. It returns the URL of
// its maintenance database and what stops it, which the end of the program does as well. The server does not wait for
// the disk (fsync=off).
func Cluster() (url string, stop func(), err error) {
	c, err := startCluster()
	if err != nil {
		return "", nil, err
	}
	return c.url.String(), c.stop, nil
}
