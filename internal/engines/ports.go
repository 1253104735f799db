package engines

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// freePorts finds a first port from which all that the members need are free.
// They lie below the range from which systems take ports of their own, so that
// a member which is down finds its port again.
func freePorts(engine Engine, members int) (int, error) {
	for range 100 {
		base := 20000 + 50*rand.IntN(200)
		if allFree(engine, base, members) {
			return base, nil
		}
	}
	return 0, fmt.Errorf("no free ports for %d members of %s between 20000 and 30000", members, engine)
}

func allFree(engine Engine, base, members int) bool {
	for n := range members {
		for _, addr := range memberPorts(engine, base, n) {
			l, err := net.Listen("tcp", addr)
			if err != nil {
				return false
			}
			l.Close()
		}
	}
	return true
}

// memberPorts are what deploy/engines/*.sh gives to member n.
func memberPorts(engine Engine, base, n int) []string {
	at := func(host, port int) string { return fmt.Sprintf("127.0.0.%d:%d", host, port) }
	if engine == KafkaEngine {
		own := base + 10*n
		return []string{at(1, own), at(1, own+1), at(1, own+2), at(1, own+3)}
	}
	return []string{at(n+1, base), at(n+1, base+1), at(1, base+2+n)}
}
