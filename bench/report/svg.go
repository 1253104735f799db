package main

import (
	"fmt"
	"math"
	"strings"
)

// Sizes of a plot, px.
const (
	width, height                    = 720, 320
	left, right, top, bottom float64 = 64, 150, 34, 40
)

var colours = []string{"#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#ff9da6", "#9d755d", "#eeca3b", "#bab0ac"}

// canvas is an SVG being drawn, with axes from 0.
type canvas struct {
	strings.Builder
	xMost, yMost float64
}

func newCanvas(title, xName, yName string, xMost, yMost float64) *canvas {
	c := &canvas{xMost: xMost, yMost: round(yMost)}
	fmt.Fprintf(c, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", width, height)
	fmt.Fprintf(c, `<rect width="%d" height="%d" fill="#fff"/><text x="%g" y="18" font-size="13" font-weight="bold">%s</text>`+"\n", width, height, left, title)
	for i := range 5 {
		v := c.yMost * float64(i) / 4
		fmt.Fprintf(c, `<line x1="%g" x2="%g" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left, width-right, c.y(v), c.y(v), left-6, c.y(v)+4, short(v))
	}
	fmt.Fprintf(c, `<text x="%g" y="%d" text-anchor="middle">%s</text>`, (left+width-right)/2, height-6, xName)
	fmt.Fprintf(c, `<text transform="translate(14 %g) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (top+height-bottom)/2, yName)
	return c
}

// round makes an axis end on a number that is easy to read.
func round(v float64) float64 {
	if v <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10} {
		if step*unit >= v {
			return step * unit
		}
	}
	return 10 * unit
}

func short(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.3g M", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.3g k", v/1e3)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func (c *canvas) x(v float64) float64 { return left + v/c.xMost*(width-right-left) }
func (c *canvas) y(v float64) float64 { return height - bottom - v/c.yMost*(height-bottom-top) }

// xTick writes a value under the axis.
func (c *canvas) xTick(v float64, text string) {
	fmt.Fprintf(c, `<text x="%.1f" y="%g" text-anchor="middle">%s</text>`+"\n", c.x(v), height-bottom+15, text)
}

func (c *canvas) line(number int, name string, xs, ys []float64) {
	colour := colours[number%len(colours)]
	fmt.Fprintf(c, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, colour)
	for i := range xs {
		fmt.Fprintf(c, "%.1f,%.1f ", c.x(xs[i]), c.y(min(ys[i], c.yMost)))
	}
	c.WriteString(`"/>` + "\n")
	c.key(number, name)
}

// bar draws a box from one value to another, centred on x.
func (c *canvas) bar(number int, x, wide, from, to float64) {
	fmt.Fprintf(c, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n",
		c.x(x-wide/2), c.y(to), c.x(x+wide/2)-c.x(x-wide/2), c.y(from)-c.y(to), colours[number%len(colours)])
}

// key names a colour at the right side.
func (c *canvas) key(number int, name string) {
	y := top + 16*float64(number)
	fmt.Fprintf(c, `<rect x="%g" y="%g" width="10" height="10" fill="%s"/><text x="%g" y="%g">%s</text>`+"\n",
		width-right+10, y, colours[number%len(colours)], width-right+25, y+9, name)
}

func (c *canvas) done() string { return c.String() + "</svg>\n" }
