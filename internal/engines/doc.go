// Package engines gives tests real servers: Apache Kafka and Apache Cassandra
// (ScyllaDB's protocol) from packages, on loopback, with deploy/engines/*.sh.
// Only tests use it; people start servers with `make engines`.
//
// A test asks for a cluster of its own and gets one that serves:
//
//	k := engines.Kafka(t, 3)          // skips unless OUTCRY_ENGINES=1
//	c := engines.Cassandra(t, 1)
//	k.Addresses()                     // []string{"127.0.0.1:21000", ...}
//	k.Kill(0); k.Start(0)             // SIGKILL of the first; it comes back with its data
//	c.Pause(0); c.Resume(0)           // SIGSTOP, SIGCONT: neither answers nor dies
//	k.Stop()                          // all of them, gracefully; KillAll, StartAll at once
//
// Members count from 0, as in Addresses. Starting takes 5-8 s a broker or
// node on two cores, so a package starts one cluster in TestMain and shares it,
// each test with topics, or a keyspace, of its own:
//
//	func TestMain(m *testing.M) {
//		if engines.Wanted() {
//			cluster = engines.Run(engines.Options{Engine: engines.CassandraEngine}) // panics where it can't
//		}
//		code := m.Run()
//		cluster.Close() // nothing on a nil cluster
//		os.Exit(code)
//	}
//
// A test then calls engines.Need(t), which skips as Kafka and Cassandra do.
// Options also takes lines for the server's own settings: listeners with TLS
// or SASL, an authorizer, an authenticator, @N@ in them is the member's number
// from 1, @PORT@ a broker's port, @PORT2@ and @PORT3@ two more for its listeners.
//
// Each method returns when it is done: Start when the member serves, Kill and
// Stop when the process is gone. A failure ends the test (or panics where no
// test owns the cluster) with the last lines of the server's log. The servers
// end with the test, and within a second of the test's process however that ends.
//
// Ports are chosen free at the start and kept, so that a member comes back
// where it was. Packages may run at the same time; two cores carry about
// three brokers and one node beside what is tested, so run them with -p 1.
package engines
