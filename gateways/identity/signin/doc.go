// Package signin reads tokens and keys: it is the Gate of a server where people
// sign in, behind every transport's hello and every Authorization header. It is
// the home of go-jose.
//
// A token is a JSON Web Token, signed by HS256, RS256, ES256 or EdDSA. Each key
// has exactly one algorithm, which follows from its type; a token that names
// another one (none, or HS256 with somebody's public key) finds no key. Keys come from
// a file, or from a URL (JWKS) that is read anew every few minutes. A token with an unknown
// key id has it read once more, at most every ten seconds in all.
// While the URL does not answer, the keys that were read last hold for
// Config.KeysKeep; then nobody signs in, as unavailable, until it answers again.
//
// An API key is a random text; its file holds the hashes, with user and grants,
// and is read anew when it changes. A file with faults changes nothing.
//
// An identity is checked again by Current: it ends with its token (after Leeway),
// with a revocation of its user, or when its key leaves the file.
//
// Everything is bounded: tokens by 8 KiB, answers and files by 1 MiB, keys of a set by 64,
// API keys by 10,000. Safe for many goroutines.
//
// To test with it: Mint tokens; a RoundTripper for the URL; synctest for time.
package signin
