package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Verb is what somebody may do with an entity.
type Verb uint8

// The verbs. No one includes another.
const (
	See Verb = iota
	Post
	Moderate
	Ingest
	Admin
	verbs
)

var verbNames = [verbs]string{"see", "post", "moderate", "ingest", "admin"}

func (v Verb) String() string { return verbNames[v] }

// Bounds of grants: a token or key that asks for more is refused.
const (
	patternsMost = 1_000 // of one verb
	patternBytes = 257   // the longest id
)

// Grants are what one identity may do. The zero value grants nothing. Immutable.
type Grants struct {
	verbs [verbs]patterns
}

// patterns of one verb.
type patterns struct {
	all   bool                // * is among them
	exact map[string]struct{} // those without a wildcard; of main both ways an id is written
	globs []glob
}

// All grants every verb on everything.
func All() *Grants {
	g := &Grants{}
	for v := range g.verbs {
		g.verbs[v].all = true
	}
	return g
}

// ParseGrants takes patterns by verb, as in a token's claim or a key file, and
// gives all faults at once.
func ParseGrants(byVerb map[string][]string) (*Grants, error) {
	g := &Grants{}
	var faults []error
	for name, list := range byVerb {
		v := slices.Index(verbNames[:], name)
		if v < 0 {
			faults = append(faults, fmt.Errorf("grant %q: the verbs are %s", name, strings.Join(verbNames[:], ", ")))
			continue
		}
		if len(list) > patternsMost {
			faults = append(faults, fmt.Errorf("grant %s: %d patterns, at most %d are possible", name, len(list), patternsMost))
			continue
		}
		for _, pattern := range list {
			if err := g.verbs[v].add(pattern); err != nil {
				faults = append(faults, fmt.Errorf("grant %s: %w", name, err))
			}
		}
	}
	if len(faults) > 0 {
		slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(faults...)
	}
	return g, nil
}

func (p *patterns) add(pattern string) error {
	if pattern == "*" || pattern == "*/*" {
		p.all = true
		return nil
	}
	namespace, name, err := split(pattern)
	if err != nil {
		return err
	}
	if strings.Contains(pattern, "*") {
		p.globs = append(p.globs, glob{namespace, name})
		return nil
	}
	if p.exact == nil {
		p.exact = map[string]struct{}{}
	}
	p.exact[namespace+"/"+name] = struct{}{}
	if namespace == mainNamespace {
		p.exact[name] = struct{}{}
	}
	return nil
}

// Allow says whether the verb is granted on an id. It allocates nothing.
func (g *Grants) Allow(v Verb, id string) bool {
	p := &g.verbs[v]
	if p.all {
		return true
	}
	if _, ok := p.exact[id]; ok {
		return true
	}
	if len(p.globs) == 0 {
		return false
	}
	namespace, name, found := strings.Cut(id, "/")
	if !found {
		namespace, name = mainNamespace, id
	}
	for i := range p.globs {
		if p.globs[i].matches(namespace, name) {
			return true
		}
	}
	return false
}

// AllowAny says whether the verb is granted on anything at all.
func (g *Grants) AllowAny(v Verb) bool {
	p := &g.verbs[v]
	return p.all || len(p.exact) > 0 || len(p.globs) > 0
}

// AllowAll says whether the verb is granted on everything.
func (g *Grants) AllowAll(v Verb) bool { return g.verbs[v].all }
