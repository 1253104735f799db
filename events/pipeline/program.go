package pipeline

import (
	"fmt"

	"outcry/events/pipeline/stage"
)

// windowDefault is how many identities of a partition are remembered at least.
const windowDefault = 1 << 16

// step is a stage in its place.
type step struct {
	name  string      // "stage 3 (time)"
	stage stage.Stage // nil: tell duplicates
}

// program is what a Config was made into. It never changes: a reload makes another one.
type program struct {
	config Config
	steps  []step
	window int // identities that are remembered; 0: the fold alone tells duplicates
}

// build makes the stages, or tells all faults.
func (c Config) build(env stage.Env) (*program, []error) {
	p := &program{config: c}
	var faults []error
	for i := range c.Stages {
		spec := &c.Stages[i]
		built, err := spec.Build(env)
		if err != nil {
			for _, e := range flat(err) {
				faults = append(faults, fmt.Errorf("stages[%d].%w", i, e))
			}
			continue
		}
		if spec.Dedupe != nil {
			faults = append(faults, p.dedupe(i, spec.Dedupe)...)
		}
		p.steps = append(p.steps, step{fmt.Sprintf("stage %d (%s)", i+1, spec.Name()), built})
	}
	if by := c.Identity.By; p.window == 0 && (by == byKey || by == byField) {
		p.window = windowDefault
		at := len(p.steps) // a field may be derived by any stage
		if by == byKey {
			at = 0
		}
		p.steps = append(p.steps[:at:at], append([]step{{name: "dedupe"}}, p.steps[at:]...)...)
	}
	return p, faults
}

func (p *program) dedupe(i int, d *stage.Dedupe) (faults []error) {
	if p.window != 0 {
		faults = append(faults, fmt.Errorf("stages[%d].dedupe: there is one already", i))
	}
	if p.config.Identity.By == byOffset {
		faults = append(faults, fmt.Errorf("stages[%d].dedupe: offsets tell no message from another that says the same; choose another identity", i))
	}
	p.window = d.Window
	if p.window == 0 {
		p.window = windowDefault
	}
	return faults
}
