package pipeline

import (
	"fmt"

	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// definitions finds an instrument's exponents: those accepted before, those of
// the file, made ones.
func (p *Pipeline) definitions(now *loaded) feed.Definitions {
	book := feed.Book{Given: now.given, Auto: p.config.Define == "auto"}
	if p.env.Accepted != nil {
		book.Accepted = func(id string) (*outcryv1.Definition, error) {
			d, err := p.env.Accepted(id)
			if err != nil {
				return nil, later{err}
			}
			return d, nil
		}
	}
	return &defined{book}
}

// defined says in a pipeline's words what is missing.
type defined struct{ feed.Book }

func (d *defined) Definition(id string) (*outcryv1.Definition, bool, error) {
	if !d.Auto && d.Given[id] == nil {
		if d.Accepted == nil {
			return nil, false, undefined(id)
		}
		accepted, err := d.Accepted(id)
		if err == nil && accepted == nil {
			err = undefined(id)
		}
		return accepted, false, err
	}
	return d.Book.Definition(id)
}

func undefined(id string) error {
	return fmt.Errorf("instrument %s is not defined: give the pipeline definitions: FILE or define: auto, and replay the message", id)
}
