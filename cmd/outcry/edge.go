package main

import (
	"net/http"

	"outcry/gateways/udf"
)

// edge mounts what shows and streams.
func (a *app) edge(mux *http.ServeMux) {
	mux.Handle("/udf/", udf.Handler(a.reads))
}
