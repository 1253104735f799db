package scylla

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gocql/gocql"
)

// What Open and Migrate refuse, and what any call may find.
var (
	// ErrUnreachable: none of the hosts answers.
	ErrUnreachable = errors.New("no node answers")
	// ErrCredentials: the cluster does not take user and password, or the user may not do this.
	ErrCredentials = errors.New("the cluster refuses user or password")
	// ErrDatacenter: the cluster has no such data centre.
	ErrDatacenter = errors.New("the cluster has no such data centre")
	// ErrCluster: not the store that was used before.
	ErrCluster = errors.New("another cluster or keyspace than before")
	// ErrWeak: fewer copies of rows than a lost node needs.
	ErrWeak = errors.New("too few copies of each row")
	// ErrForeign: a keyspace, but not one of ours.
	ErrForeign = errors.New("not a keyspace of Outcry")
	// ErrNewer: written by a newer version of Outcry.
	ErrNewer = errors.New("the keyspace's schema is newer than this program")
	// ErrOlder: written by a version from before the first release, whose tables were others.
	ErrOlder = errors.New("the keyspace's tables are of a version that was never released")
	// ErrLineage: these are the rows of another log.
	ErrLineage = errors.New("the store holds the rows of another log")
	// ErrBusy: another node holds the lock of migrations and does not end.
	ErrBusy = errors.New("another node is changing the schema")
	// ErrDamaged: a row is not what this package wrote.
	ErrDamaged = errors.New("a row of the store is damaged; drop the keyspace, and it is built again from the log")
)

// explain names the failures that an operator must act on.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var answer gocql.RequestError
	if errors.As(err, &answer) {
		switch answer.Code() {
		case gocql.ErrCodeCredentials, gocql.ErrCodeUnauthorized:
			return fmt.Errorf("%w: %w", ErrCredentials, err)
		}
	}
	if errors.Is(err, gocql.ErrNoConnections) || errors.Is(err, gocql.ErrSessionClosed) {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return err
}

// explainStart names why no session came to be. The driver hides causes in texts.
func explainStart(hosts []string, err error) error {
	text := strings.ToLower(err.Error())
	for _, sign := range []string{"authentication", "credentials", "username", "password", "bad credentials", "unauthorized"} {
		if strings.Contains(text, sign) {
			return fmt.Errorf("%w: check them and that the user may log in: %w", ErrCredentials, err)
		}
	}
	return fmt.Errorf("%w at %s: check the addresses, that the cluster runs, and TLS: %w", ErrUnreachable, strings.Join(hosts, ", "), err)
}

// passing says whether the same request may succeed a moment later.
func passing(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var answer gocql.RequestError
	if !errors.As(err, &answer) {
		return true // connections, and answers that did not come
	}
	switch answer.Code() {
	case gocql.ErrCodeSyntax, gocql.ErrCodeInvalid, gocql.ErrCodeUnauthorized, gocql.ErrCodeConfig, gocql.ErrCodeAlreadyExists, gocql.ErrCodeCredentials:
		return false
	}
	return true
}
