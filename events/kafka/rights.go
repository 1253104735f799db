package kafka

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// rightsTo read a topic that is there, and to write to it.
func rightsTo(write bool) []kadm.ACLOperation {
	if write {
		return []kadm.ACLOperation{kadm.OpDescribeConfigs, kadm.OpRead, kadm.OpWrite}
	}
	return []kadm.ACLOperation{kadm.OpDescribeConfigs, kadm.OpRead}
}

// lacks says which of the rights on a topic our user does not have. The
// brokers tell together with the topic; without that a missing Write would show
// when somebody's first record is refused.
func lacks(t kadm.TopicDetail, needed ...kadm.ACLOperation) error {
	var missing []string
	for _, right := range needed {
		// None at all is what brokers say that do not know the question.
		if len(t.AuthorizedOperations) > 0 && !slices.Contains(t.AuthorizedOperations, right) {
			missing = append(missing, rightWords[right])
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return allow(fmt.Errorf("the topic %s: %w", t.Topic, kerr.TopicAuthorizationFailed), strings.Join(missing, " and "), t.Topic)
}

// rightWords are what kafka-acls.sh calls them.
var rightWords = map[kadm.ACLOperation]string{kadm.OpDescribeConfigs: "DescribeConfigs", kadm.OpRead: "Read", kadm.OpWrite: "Write"}

// allow says which right is missing.
func allow(err error, rights, topic string) error {
	if errors.Is(err, kerr.TopicAuthorizationFailed) || errors.Is(err, kerr.ClusterAuthorizationFailed) {
		return &advice{err, fmt.Sprintf("allow our user %s on the topic %s", rights, topic)}
	}
	return err
}
