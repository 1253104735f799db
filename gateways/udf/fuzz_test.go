package udf

import (
	"net/http"
	"net/url"
	"testing"
)

// Charts of other people ask what they like: times and counts must come out in bounds, or as an error.
func FuzzHistoryRequest(f *testing.F) {
	f.Add("symbol=X&resolution=1&from=10&to=20&countback=2")
	f.Add("symbol=X&resolution=1D&to=9223372036854775807&countback=18446744073709551615")
	f.Add("resolution=1S&from=-9223372036854775808")
	f.Fuzz(func(t *testing.T, query string) {
		b, err := historyRequest(&http.Request{URL: &url.URL{RawQuery: query}})
		if err != nil {
			return
		}
		if b.From < 0 || b.To < 0 || b.CountBack > barsMost || b.Limit != barsMost || b.Resolution == 0 {
			t.Fatalf("%q: %v", query, b)
		}
	})
}
