package stage_test

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"outcry/events/pipeline/stage"
)

// A feed that counts in lots and ticks, as outcry.yaml would declare it.
func Example() {
	var specs []stage.Spec
	err := yaml.Unmarshal([]byte(`
- map: {instrument: sym, price: px, size: lots}
- symbols: {prefix: "ACME:"}
- scale: {price: 0.01, size: 100}
- drop: odd lots
  when: [[size, "<", 100]]
`), &specs)
	if err != nil {
		fmt.Println(err)
	}
	row := stage.Row{"sym": "GOLD", "px": "241050", "lots": "3"}
	for _, s := range specs {
		built, err := s.Build(stage.Env{})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := built.Apply(row); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(row["instrument"], row["price"], row["size"])
	// Output: ACME:GOLD 2410.5 300
}
