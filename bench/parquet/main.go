// Command parquet measures the bytes that a stored tick takes, beside the same
// columns in Parquet files of pyarrow and DuckDB, in one run. It takes recorded captures of
// the exchange through the fold into tick blocks, packs them as stores do, unpacks
// and reads them, and hands what it read to parquet.py.
//
//	python3 -m venv bin/parquet && bin/parquet/bin/pip install -r bench/parquet/requirements.txt
//	go run ./bench/parquet -python bin/parquet/bin/python CAPTURE.jsonl.gz...
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	python := flag.String("python", "python3", "a Python that has what requirements.txt lists")
	script := flag.String("script", "bench/parquet/parquet.py", "where parquet.py is")
	flag.Parse()
	if err := run(*python, *script, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "parquet:", err)
		os.Exit(1)
	}
}

func run(python, script string, files []string) error {
	if len(files) == 0 {
		return errors.New("no captures: name recorded files of the exchange, *.jsonl.gz")
	}
	var captures []*capture
	for _, f := range files {
		c, err := readCapture(f)
		if err != nil {
			return err
		}
		captures = append(captures, c)
	}
	dir, err := os.MkdirTemp("", "parquet")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var all []*table
	for _, way := range ways {
		for _, own := range []bool{false, true} {
			for _, c := range captures {
				tables, err := c.tables(dir, way, own)
				if err != nil {
					return err
				}
				all = append(all, tables...)
			}
		}
	}
	if err := parquet(python, script, dir, all); err != nil {
		return err
	}
	show(os.Stdout, all)
	return nil
}
