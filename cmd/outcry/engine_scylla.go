package main

import (
	"context"
	"errors"

	"outcry/projections"
)

// openScylla opens the rows of a log. id is the store that was used before;
// empty takes any, and makes keyspace and tables where they are not.
func openScylla(context.Context, *config, string, string) (projections.Store, error) {
	return nil, errors.New("--scylla: this version keeps its rows in SQLite only")
}

// storeID is the id of a store that has one; SQLite's file is in the data folder itself.
func storeID(s projections.Store) string {
	if named, ok := s.(interface{ ID() string }); ok {
		return named.ID()
	}
	return ""
}
