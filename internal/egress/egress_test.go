package egress

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// TestAllows lists which addresses a server of each reach connects to.
func TestAllows(t *testing.T) {
	for _, x := range []struct {
		reach Reach // the least that allows it, or nowhere
		ips   string
	}{
		{Public, "8.8.8.8 1.1.1.1 172.15.255.255 172.32.0.1 100.63.0.1 100.128.0.1 198.17.0.1 2606:4700::1111 2a00:1450:4001::1 ::ffff:8.8.8.8"},
		{Public, "64:ff9b::8.8.8.8 2002:808:808::1 2606:4700::5efe:8.8.8.8"},
		{Loopback, "127.0.0.1 127.255.255.254 ::1 ::ffff:127.0.0.1 64:ff9b::127.0.0.1 2002:7f00:1::1 ::127.0.0.1 ::ffff:0:127.0.0.1 2606:4700::5efe:127.0.0.1"},
		{Private, "10.0.0.1 172.16.0.1 192.168.1.1 fc00::1 fd12:3456::1 ::ffff:10.1.2.3 64:ff9b::10.0.0.1 2002:a00:1::1 ::ffff:0:10.0.0.1 2606:4700::200:5efe:10.0.0.1"},
		{Private, "100.64.0.1 100.127.255.255 198.18.0.1 198.19.255.255 192.0.2.1 198.51.100.7 203.0.113.9 2001:db8::1 2001:10::1 3fff::1 64:ff9b:1::1"},
		{nowhere, "169.254.169.254 169.254.170.2 fe80::1 fe80::1%eth0 fec0::1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1 ::a9fe:a9fe ::ffff:0:a9fe:a9fe"},
		{nowhere, "fd00:ec2::254 fd20:ce::254 100.100.100.200 168.63.129.16 192.0.0.192 64:ff9b::100.100.100.200"},
		{nowhere, "0.0.0.0 0.1.2.3 :: ::ffff:0.0.0.0 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 ff02::1 192.88.99.1 2001::1 2001:0:7f00:1::1"},
		{nowhere, "4000::1 100::1 5f00::1 8000::1"},
	} {
		for ip := range strings.FieldsSeq(x.ips) {
			for reach := Public; reach <= Private; reach++ {
				if got, want := reach.allows(netip.MustParseAddr(ip)), x.reach != nowhere && reach >= x.reach; got != want {
					t.Errorf("reach %d allows %s: %t, want %t", reach, ip, got, want)
				}
			}
		}
	}
}

const nowhere = Reach(-1)

// TestNames looks at the address that a name has when it is dialled, and lets no proxy dial instead.
func TestNames(t *testing.T) {
	asked := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer s.Close()
	url := s.URL
	t.Setenv("HTTP_PROXY", url)
	t.Setenv("http_proxy", url)
	_, port, _ := strings.Cut(strings.TrimPrefix(url, "http://"), ":")
	for _, address := range []string{"http://localhost:" + port, "http://localhost.:" + port, url, "http://10.1.1.1:" + port} {
		if answer, err := Client(Public).Get(address); err == nil {
			answer.Body.Close()
			t.Errorf("%s is read", address)
		}
	}
	if asked {
		t.Error("something near was reached")
	}
}

func TestCheckRedirect(t *testing.T) {
	step := func(from, to string) error {
		a, err := http.NewRequest(http.MethodGet, from, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := http.NewRequest(http.MethodGet, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		return checkRedirect(b, []*http.Request{a})
	}
	for _, pair := range [][2]string{{"http://a", "https://b"}, {"https://a", "https://b"}, {"http://a", "http://b"}} {
		if err := step(pair[0], pair[1]); err != nil {
			t.Errorf("%v: %v", pair, err)
		}
	}
	if err := step("https://a", "http://b"); err == nil {
		t.Error("it goes from https to http")
	}
}
