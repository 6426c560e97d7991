package mapped

import (
	"flag"
	"net"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", "16") // they wait more than they compute
	os.Exit(m.Run())
}

func listenAt(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", address)
	if err != nil {
		t.Skip(err)
	}
	return l
}
