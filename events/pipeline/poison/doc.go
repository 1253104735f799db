// Package poison is the form of what could not pass a pipeline: records of the
// topic outcry.poison, and the fold of that topic into a list.
//
// The topic is a map. Its key is the position of the raw message
// ("outcry.raw.acme/3@1234"), its value the message as it was, its headers say
// who refused it and why. A record with the same key and no value is a marker:
// the message was dropped or replayed, and is settled. The newest record of a
// key counts, so putting a message twice is putting it once, and a compacted
// topic forgets what is settled.
//
// Pure: who reads and writes the topic is said elsewhere. To test with it:
// feed a Book the records of a topic in order.
package poison
