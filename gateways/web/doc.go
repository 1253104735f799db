// Package web serves the page of Outcry: the board, the chart and the rooms on
// one screen. It stands at the end of the way of an event; the browser gets its
// data from the WebSocket, the unary reads and UDF of the same origin.
//
// The built bundle in dist is embedded, so that Go alone builds the product;
// its sources are in page, and a test proves that they give these bytes. The
// handler keeps nothing per client. What it sends may be cached but is asked
// for again each time (ETag), so a new server shows its own page at once.
//
// The page runs under a Content-Security-Policy that allows nothing from
// elsewhere: no script, style, font, image or connection. Where people sign in it
// asks for a token, keeps it in its tab, and sends it in frames and headers only.
//
// To test with it: webtest drives a headless browser.
package web
