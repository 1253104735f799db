package raw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"outcry/events/pipeline/stage"
)

// Bounds of one object.
const (
	fieldsMax = 256
	depthMax  = 8
)

// decodeJSON reads exactly one object. Numbers keep their digits.
func decodeJSON(value []byte, r stage.Row) error {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var whole any
	if err := d.Decode(&whole); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return errors.New("reading JSON: it ends too early")
		}
		return fmt.Errorf("reading JSON: %w", err)
	}
	object, ok := whole.(map[string]any)
	if !ok {
		return errors.New("reading JSON: not an object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("reading JSON: something stands after the object")
	}
	return flatten(object, "", 1, r)
}

func flatten(object map[string]any, prefix string, depth int, r stage.Row) error {
	for name, v := range object {
		if prefix == "" && name != "" && name[0] == pseudo {
			continue // would be taken for what stands around the message
		}
		if err := put(prefix+name, v, depth, r); err != nil {
			return err
		}
	}
	return nil
}

func put(name string, v any, depth int, r stage.Row) error {
	if depth > depthMax {
		return fmt.Errorf("reading JSON: more than %d objects or lists inside each other", depthMax)
	}
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		r[name] = v
	case json.Number:
		r[name] = v.String()
	case bool:
		r[name] = strconv.FormatBool(v)
	case map[string]any:
		return flatten(v, name+".", depth+1, r)
	case []any:
		for i, e := range v {
			if err := put(name+"."+strconv.Itoa(i), e, depth+1, r); err != nil {
				return err
			}
		}
	}
	if len(r) > fieldsMax {
		return fmt.Errorf("reading JSON: more than %d fields", fieldsMax)
	}
	return nil
}
