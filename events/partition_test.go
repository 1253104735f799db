package events

import (
	"strings"
	"testing"
)

// A Kafka client in another language must land in the partition where the shard looks.
func TestPartitionsAreThoseOfKafka(t *testing.T) {
	// From Apache Kafka's UtilsTest.testMurmur2.
	for s, want := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got := int32(murmur2(s)); got != want {
			t.Errorf("murmur2(%q) = %d, want %d", s, got, want)
		}
		if got, want := PartitionOf(s, 16), (want&0x7fffffff)%16; got != want {
			t.Errorf("PartitionOf(%q, 16) = %d, want %d", s, got, want)
		}
	}
}

// An id that a topic, an address or a table cannot hold must be refused at the
// door, and one that they can must not.
func TestIDsAreCheckedByTheRules(t *testing.T) {
	long := strings.Repeat("x", 128)
	for _, id := range []string{"a", "BINANCE:BTCUSDT", "BINANCE-USDM:BTC_USDT.P", "main/ubuntu", long, long + "/" + long} {
		if err := ValidID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for id, want := range map[string]string{
		"": "name is empty", "/a": "namespace is empty", "a/": "name is empty", "a/b/c": `byte "/" at 1`,
		long + "x": "129 bytes", long + "x/a": "129 bytes", "a b": `byte " " at 1`, "#go": `byte "#" at 0`, "é": `byte "\xc3" at 0`, "a\x00": `byte "\x00" at 1`,
	} {
		if err := ValidID(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", id, err, want)
		}
	}
}
